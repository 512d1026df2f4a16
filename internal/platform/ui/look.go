package ui

import (
	"strings"

	"kabinet/internal/platform/i18n"
)

// Tone is the colour of a thing: what it asks of the person. A colour never
// stands alone, an icon and a word go with it.
type Tone string

// Neutral says nothing, Accent belongs to the portal, Info tells that somebody
// else is at work, Success that it is done, Warning that the person must act,
// Danger that something is overdue, refused or failed. Brand is the dark band,
// Clay a situation of life.
const (
	Neutral Tone = "neutral"
	Accent  Tone = "accent"
	Info    Tone = "info"
	Success Tone = "success"
	Warning Tone = "warning"
	Danger  Tone = "danger"
	Brand   Tone = "brand"
	Clay    Tone = "clay"
)

// icon returns the icon that goes with a tone when none is named.
func (t Tone) icon() string {
	switch t {
	case Success:
		return "ok"
	case Warning:
		return "alert"
	case Danger:
		return "bad"
	default:
		return "info"
	}
}

// Variant ranks a button. A page has one Primary: the next step.
type Variant string

// Primary is filled, Secondary has an edge, Tertiary looks like a word.
const (
	Primary   Variant = "primary"
	Secondary Variant = "secondary"
	Tertiary  Variant = "tertiary"
)

// Action is a button, or a link that looks like one when Href is given.
type Action struct {
	Text    i18n.Text
	Icon    string  // "" is none
	Variant Variant // "" is Primary
	Href    string  // "" is a button that sends its form
	Name    string  // sent with Value when this button is pressed
	Value   string
	To      string    // address to send the form to instead of its own
	About   i18n.Text // said after Text to those who do not see what the button stands beside
	Bare    bool      // only the icon is seen, Text is said
	Small   bool
	Wide    bool   // as wide as what it stands in
	Danger  bool   // removes or withdraws something; only with Tertiary
	Neutral bool   // without the colour of the portal
	Off     bool   // cannot be pressed now
	Plain   bool   // a button that does not send the form, for scripts
	Copy    string // text that the script puts on the clipboard
	Dialog  string // ID of the Dialog that the script opens; Href is its page for those without script
}

func (a Action) variant() string {
	if a.Variant == "" {
		return string(Primary)
	}
	return string(a.Variant)
}

func (a Action) color() string {
	switch {
	case a.Danger:
		return string(Danger)
	case a.Neutral:
		return string(Neutral)
	}
	return ""
}

func (a Action) size() string {
	if a.Small {
		return "sm"
	}
	return ""
}

// idOf returns an ID for the heading with this text, "" when it has no key.
func idOf(t i18n.Text) string {
	if t.Key == "" {
		return ""
	}
	return "h-" + strings.ReplaceAll(t.Key, ".", "-")
}
