package account

import (
	"strings"

	"github.com/mileusna/useragent"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/place"
)

// Device is from where somebody signed in.
type Device struct {
	IP      string `json:"ip"`
	Kind    string `json:"kind"` // desktop, phone, tablet, or "" when it does not say
	Browser string `json:"browser"`
	System  string `json:"system"`

	Place place.Place `json:"place"` // by the address; zero when not known
}

// deviceOf reads what a browser says of itself, and where its address is.
func (s *Service) deviceOf(c Client) Device {
	d := Device{IP: c.IP, Place: s.places.Find(c.IP)}
	agent := c.Agent
	if len(agent) > 512 {
		agent = agent[:512]
	}
	ua := useragent.Parse(strings.ToValidUTF8(agent, ""))
	switch {
	case ua.Tablet:
		d.Kind = "tablet"
	case ua.Mobile:
		d.Kind = "phone"
	case ua.Desktop:
		d.Kind = "desktop"
	}
	if ua.OS != "" {
		d.Browser, d.System = ua.Name, ua.OS
	}
	return d
}

// Name is how a list calls the device: «Chrome, Windows», "" when unknown.
func (d Device) Name() string {
	if d.Browser == "" || d.System == "" {
		return d.Browser + d.System
	}
	return d.Browser + ", " + d.System
}

// Text says in words what the device is.
func (d Device) Text() i18n.Text {
	switch name := d.Name(); {
	case name == "":
		return i18n.K("account.device_unknown")
	case d.Kind == "":
		return i18n.K("account.device_other", "name", name)
	default:
		return i18n.K("account.device_"+d.Kind, "name", name)
	}
}

// where says in which country or town the device was, by its address.
func (d Device) where() i18n.Text {
	if !d.Place.Known() {
		return i18n.K("account.place_unknown")
	}
	return i18n.Text{Words: d.Place.Name}
}
