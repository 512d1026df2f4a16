package audit

import (
	"bytes"
	"context"
	"net/url"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

const activityPath = "/activity"

// page is the log as its owner sees it.
type page struct {
	by    Kind // "" for all
	paged bool // not the newest part
	rows  []ui.RowItem
	older string // address of the next part; "" for none
}

// page makes rows of lines, of which the one over linesShown only tells that
// there are more.
func (s *Service) page(ctx context.Context, q Query, lines []Line) page {
	p := page{by: q.By, paged: q.Before != ""}
	if len(lines) > linesShown {
		lines = lines[:linesShown]
		p.older = at(q.By, lines[linesShown-1].Cursor())
	}
	mine := sessionHash(web.VisitOf(ctx).Session)
	for i := range lines {
		l := &lines[i]
		p.rows = append(p.rows, ui.RowItem{
			LinkTo: ui.LinkTo{Href: s.link(l.Object), Title: i18n.K(l.Act), Text: s.reason(l), Icon: l.icon(), Tone: l.tone()},
			Note:   i18n.When(ctx, l.At) + " · " + s.who(ctx, l, mine),
		})
	}
	return p
}

// who tells who acted, and whether it was on the device that asks.
func (s *Service) who(ctx context.Context, l *Line, mine []byte) string {
	switch {
	case l.Actor.Kind == System:
		return i18n.T(ctx, "audit.portal")
	case l.Actor.ID == l.Owner && mine != nil && bytes.Equal(l.SessionHash, mine):
		return i18n.T(ctx, "audit.you_here")
	case l.Actor.ID == l.Owner:
		return i18n.T(ctx, "audit.you")
	}
	name := s.name(ctx, l)
	switch {
	case name != "":
		return name
	case l.Actor.Kind == Staff:
		return i18n.T(ctx, "audit.staff")
	}
	return i18n.T(ctx, "audit.person")
}

// reason is the ground of the act in words, zero when the code has none.
func (s *Service) reason(l *Line) i18n.Text {
	if l.Reason == "" || s.opt.Texts == nil || !s.opt.Texts.Has(l.Reason) {
		return i18n.Text{}
	}
	return i18n.K("audit.reason", "reason", i18n.K(l.Reason))
}

func (l *Line) icon() string {
	switch {
	case l.Actor.Kind == System:
		return "settings"
	case l.Actor.Kind == Staff:
		return "briefcase"
	case l.Actor.ID == l.Owner:
		return "user"
	}
	return "users"
}

func (l *Line) tone() ui.Tone {
	if l.Actor.Kind == Staff {
		return ui.Info
	}
	return ui.Accent
}

// at is the address of the page with a filter, from a line on.
func at(by Kind, before string) string {
	q := url.Values{}
	if by != "" {
		q.Set("by", string(by))
	}
	if before != "" {
		q.Set("before", before)
	}
	if len(q) == 0 {
		return activityPath
	}
	return activityPath + "?" + q.Encode()
}

func (p page) chips() []ui.Choice {
	chips := []ui.Choice{{Href: at("", ""), Text: i18n.K("audit.all"), Current: p.by == ""}}
	for _, c := range []struct {
		by   Kind
		text i18n.Text
	}{{Person, i18n.K("audit.by_person")}, {Staff, i18n.K("audit.by_staff")}, {System, i18n.K("audit.by_system")}} {
		chips = append(chips, ui.Choice{Href: at(c.by, ""), Text: c.text, Current: p.by == c.by})
	}
	return chips
}
