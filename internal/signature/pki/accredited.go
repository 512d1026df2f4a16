package pki

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
)

// MaxAccredited is how long a list of accredited centres may be, in bytes.
const MaxAccredited = 64 << 20

// ErrAccredited is returned for a file that is not the list.
var ErrAccredited = errors.New("not a list of accredited centres")

// Accredited is the list of accredited certification centres that the ministry
// publishes.
type Accredited struct {
	Version int
	Date    string // as the list writes it
	Centres int
	Active  int // of them accredited at the end of the history
	Anchors []Anchor
	Skipped int // certificates that cannot be checked: of GOST of 2001, damaged
}

// The list as its XML has it.
type (
	accreditedXML struct {
		XMLName xml.Name    `xml:"АккредитованныеУдостоверяющиеЦентры"`
		Version int         `xml:"Версия"`
		Date    string      `xml:"Дата"`
		Centres []centreXML `xml:"УдостоверяющийЦентр"`
	}
	centreXML struct {
		Name    string      `xml:"Название"`
		Short   string      `xml:"КраткоеНазвание"`
		State   stateXML    `xml:"СтатусАккредитации"`
		History []stateXML  `xml:"ИсторияСтатусовАккредитации>СтатусАккредитации"`
		Systems []systemXML `xml:"ПрограммноАппаратныеКомплексы>ПрограммноАппаратныйКомплекс"`
	}
	stateXML struct {
		State string `xml:"Статус"`
		From  string `xml:"ДействуетС"`
	}
	systemXML struct {
		Keys []keyXML `xml:"КлючиУполномоченныхЛиц>Ключ"`
	}
	keyXML struct {
		Lists        []string `xml:"АдресаСписковОтзыва>Адрес"`
		Certificates []string `xml:"Сертификаты>ДанныеСертификата>Данные"`
	}
)

// inForce is the only state in which a centre is accredited.
const inForce = "Действует"

// ParseAccredited reads the list. Its own signature is not checked: its
// canonical form is not published, so whoever brings the list vouches for where
// it came from. It returns ErrAccredited.
func ParseAccredited(file io.Reader) (*Accredited, error) {
	var in accreditedXML
	d := xml.NewDecoder(io.LimitReader(file, MaxAccredited))
	if err := d.Decode(&in); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAccredited, err)
	}
	if in.Version <= 0 || len(in.Centres) == 0 {
		return nil, fmt.Errorf("%w: it has no version or no centres", ErrAccredited)
	}
	out := &Accredited{Version: in.Version, Date: strings.TrimSpace(in.Date), Centres: len(in.Centres)}
	for _, c := range in.Centres {
		spans, err := c.spans()
		if err != nil {
			return nil, err
		}
		if n := len(spans); n > 0 && spans[n-1].To.IsZero() {
			out.Active++
		}
		out.addCentre(c, spans)
	}
	return out, nil
}

func (a *Accredited) addCentre(c centreXML, spans []Span) {
	name := strings.TrimSpace(c.Short)
	if name == "" {
		name = strings.TrimSpace(c.Name)
	}
	for _, s := range c.Systems {
		for _, k := range s.Keys {
			var lists []string
			for _, address := range k.Lists {
				if address = strings.TrimSpace(address); webAddress(address) {
					lists = append(lists, address)
				}
			}
			for _, text := range k.Certificates {
				cert := readBase64(text)
				if cert == nil || !cert.mayIssue(0) {
					a.Skipped++
					continue
				}
				a.Anchors = append(a.Anchors, Anchor{Certificate: cert, Centre: name, Lists: lists, Spans: spans})
			}
		}
	}
}

func readBase64(text string) *Certificate {
	raw, err := base64.StdEncoding.AppendDecode(nil, bytes.Join(bytes.Fields([]byte(text)), nil))
	if err != nil {
		return nil
	}
	c, err := ParseCertificate(raw)
	if err != nil {
		return nil
	}
	return c
}

// spans are when the centre was accredited, never nil: a centre of the list is
// believed for those times only.
func (c *centreXML) spans() ([]Span, error) {
	states := c.History
	if len(states) == 0 {
		states = []stateXML{c.State}
	}
	out := []Span{}
	type change struct {
		at    time.Time
		force bool
	}
	var changes []change
	for _, s := range append(states, c.State) {
		if strings.TrimSpace(s.From) == "" {
			continue
		}
		at, err := readMoment(s.From)
		if err != nil {
			return nil, err
		}
		changes = append(changes, change{at, strings.TrimSpace(s.State) == inForce})
	}
	// The history may stand in either order, and repeats the state of now.
	for i := range changes {
		for j := i; j > 0 && changes[j].at.Before(changes[j-1].at); j-- {
			changes[j], changes[j-1] = changes[j-1], changes[j]
		}
	}
	for _, ch := range changes {
		open := len(out) > 0 && out[len(out)-1].To.IsZero()
		switch {
		case ch.force && !open:
			out = append(out, Span{From: ch.at})
		case !ch.force && open:
			out[len(out)-1].To = ch.at
		}
	}
	return out, nil
}

// readMoment reads a time with or without a zone; without one it is Moscow's.
func readMoment(s string) (time.Time, error) {
	s = strings.TrimSpace(s)
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t, nil
	}
	moscow := time.FixedZone("MSK", 3*60*60)
	for _, layout := range []string{"2006-01-02T15:04:05.999999999", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, moscow); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%w: the time %q", ErrAccredited, s)
}

func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}
