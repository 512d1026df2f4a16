package consent

import (
	"context"
	"time"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

// shown is a consent with its text as it was shown.
type shown struct {
	Consent
	Text     Document
	now      time.Time
	required bool // there is no account without it
}

// leavePath is where an account is deleted, and with it the consent that it
// stands on.
const leavePath = "/settings/delete"

// title is in the language of the text: it names who gets the data.
func (c shown) title() i18n.Text { return i18n.Words{RU: c.Text.Title, EN: c.Text.Title}.Text() }

func (c shown) status() ui.Tag {
	if c.Active(c.now) {
		return ui.Tag{Text: i18n.K("consent.state_active"), Tone: ui.Success}
	}
	return ui.Tag{Text: i18n.K("consent.ended_" + string(c.reason())), Icon: "x"}
}

// term says when it was given and how long it holds, or when it ended.
func (c shown) term(ctx context.Context) i18n.Text {
	given := i18n.DateFull(ctx, c.Given)
	switch {
	case !c.Ended.IsZero():
		return i18n.K("consent.term_ended", "from", given, "to", i18n.DateFull(ctx, c.Ended))
	case !c.Until.IsZero():
		return i18n.K("consent.term_until", "from", given, "to", i18n.DateFull(ctx, c.Until))
	}
	return i18n.K("consent.term_open", "from", given)
}

func (c shown) pairs(ctx context.Context) []ui.Pair {
	pairs := []ui.Pair{{Label: i18n.K("consent.given"), Value: i18n.DateFull(ctx, c.Given) + ", " + i18n.Clock(ctx, c.Given)},
		{Label: i18n.K("consent.channel"), Value: i18n.T(ctx, "consent.channel_"+string(c.Channel))}}
	if c.Proof.Way != "" {
		pairs = append(pairs, ui.Pair{Label: i18n.K("consent.way"), Value: i18n.T(ctx, "consent.way_"+string(c.Proof.Way))})
	}
	if !c.Until.IsZero() {
		pairs = append(pairs, ui.Pair{Label: i18n.K("consent.until"), Value: i18n.DateFull(ctx, c.Until)})
	}
	if !c.Ended.IsZero() {
		pairs = append(pairs, ui.Pair{Label: i18n.K("consent.ended"), Value: i18n.DateFull(ctx, c.Ended) + ", " + i18n.Clock(ctx, c.Ended)},
			ui.Pair{Label: i18n.K("consent.ended_through"), Value: i18n.T(ctx, "consent.channel_"+string(c.Through))})
	}
	pairs = append(pairs, ui.Pair{Label: i18n.K("consent.version"), Value: c.Version, Num: true})
	if len(c.Hash) > 0 {
		pairs = append(pairs, ui.Pair{Label: i18n.K("consent.fingerprint"), Value: Fingerprint(c.Hash), Num: true})
	}
	return pairs
}

// withdrawPath is "" for a consent that is over.
func (c shown) withdrawPath() string {
	if !c.Active(c.now) {
		return ""
	}
	return "/settings/consents/" + c.ID + "/withdraw"
}

type listPage struct {
	Filter Filter
	List   []shown
	Asked  []Asked
	More   string
	Done   string
	now    time.Time
}

func (p listPage) tabs() (tabs []ui.Choice) {
	for _, f := range filters {
		tabs = append(tabs, ui.Choice{Href: "/settings/consents?show=" + string(f), Text: i18n.K("consent.show_" + string(f)), Current: f == p.Filter})
	}
	return tabs
}

// notice says what was done a moment ago.
func (p listPage) notice() i18n.Text {
	if p.Done == "withdrawn" || p.Done == "given" {
		return i18n.K("consent.done_" + p.Done)
	}
	return i18n.Text{}
}

// open are the consents of the settings that wait for an answer.
func (p listPage) open() (open []Asked) {
	for _, a := range p.Asked {
		if !a.Given || a.Changed {
			open = append(open, a)
		}
	}
	return open
}

func (a Asked) note() i18n.Text {
	switch {
	case a.Changed:
		return i18n.K("consent.asked_changed")
	case a.Required:
		return i18n.K("consent.asked_required")
	}
	return i18n.K("consent.asked_optional")
}

type askPage struct {
	Text    Document
	Agree   web.Field
	Open    bool // it is for this person to agree
	Changed bool
	Next    string // where to go after it, "" is the list
}

// back is where «Отмена» leads.
func back(next string) string {
	if next == "" {
		return "/settings/consents"
	}
	return next
}
