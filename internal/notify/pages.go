package notify

import (
	"context"
	"strings"
	"time"

	"github.com/a-h/templ"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

const (
	feedPath    = "/notices"
	historyPath = "/notices/history"
)

// feedPage is the feed as somebody looks at it.
type feedPage struct {
	view    view
	unread  int
	days    []day
	next    string // cursor of the next page; "" for none
	deleted string // ID of the notice that was just deleted; "" for none
}

// day is the notices of one day.
type day struct {
	title string
	items []Item
}

func (p feedPage) draw() templ.Component { return feedTempl(p) }

// byDay parts a list, newest first, into days.
func byDay(ctx context.Context, items []Item, now time.Time) (days []day) {
	for _, i := range items {
		title := dayTitle(ctx, i.At, now)
		if len(days) == 0 || days[len(days)-1].title != title {
			days = append(days, day{title: title})
		}
		last := &days[len(days)-1]
		last.items = append(last.items, i)
	}
	return days
}

func dayTitle(ctx context.Context, at, now time.Time) string {
	switch i18n.DateShort(ctx, at) {
	case i18n.DateShort(ctx, now):
		return i18n.T(ctx, "notify.today")
	case i18n.DateShort(ctx, now.AddDate(0, 0, -1)):
		return i18n.T(ctx, "notify.yesterday")
	}
	return i18n.Date(ctx, at)
}

// chips are the filters that are links.
func (p feedPage) chips() []ui.Choice {
	to := func(show string) string { return view{Show: show, Topic: p.view.Topic}.at(feedPath) }
	return []ui.Choice{
		{Href: to(""), Text: i18n.K("notify.all"), Current: p.view.Show == ""},
		{Href: to(showUnread), Text: i18n.K("notify.unread"), Count: unreadCount(p.unread), Current: p.view.Show == showUnread},
		{Href: to(showWeek), Text: i18n.K("notify.week"), Current: p.view.Show == showWeek},
	}
}

func unreadCount(n int) string {
	switch {
	case n == 0:
		return ""
	case n >= maxUnread:
		return "99+"
	}
	return i18n.Number(context.Background(), int64(n))
}

func (p feedPage) topicField() *web.Field {
	return &web.Field{Name: "topic", Label: i18n.K("notify.by_topic"), Value: p.view.Topic}
}

func topicOptions() []ui.Option {
	options := []ui.Option{{Value: "", Text: i18n.K("notify.by_topic")}}
	for _, t := range topics {
		options = append(options, ui.Option{Value: t, Text: topicText(t)})
	}
	return options
}

// newest is the notice up to which «пометить все» marks: there is such a button
// only where all newer notices are seen.
func (p feedPage) newest() string {
	if p.unread == 0 || p.view.Before != "" || p.view.Topic != "" || len(p.days) == 0 {
		return ""
	}
	return p.days[0].items[0].ID
}

// filtered reports whether the feed has notices that are not shown.
func (p feedPage) filtered() bool { return p.view != view{} }

func (p feedPage) row(ctx context.Context, i Item) ui.RowItem {
	return ui.RowItem{
		LinkTo: ui.LinkTo{Href: openPath(i.ID), Title: said(i.Title(ctx)), Text: said(i.Text(ctx)), Icon: i.icon(), Tone: i.tone()},
		Note:   i18n.Clock(ctx, i.At) + " · " + i.source(ctx), Unread: !i.Read,
	}
}

// said makes a Text of what is already in the reader's language.
func said(s string) i18n.Text { return i18n.Words{RU: s, EN: s}.Text() }

// source is the service that a notice is about, else its topic.
func (i Item) source(ctx context.Context) string {
	if service := i.Service.In(ctx); service != "" {
		return service
	}
	return i.TopicText().In(ctx)
}

func (i Item) tone() ui.Tone {
	switch i.Level {
	case Success:
		return ui.Success
	case Warning:
		return ui.Warning
	case Danger:
		return ui.Danger
	}
	return ui.Info
}

func (i Item) icon() string {
	switch i.Topic {
	case TopicApplication:
		switch i.Level {
		case Success:
			return "file-check"
		case Warning:
			return "alert"
		case Danger:
			return "bad"
		}
		return "inbox"
	case TopicDocument:
		return "file-text"
	case TopicPayment:
		return "wallet"
	case TopicAppointment:
		return "calendar"
	case TopicSecurity:
		return "shield-check"
	case TopicPerson:
		return "user"
	case TopicMandate:
		return "users"
	case TopicOrganisation:
		return "building-2"
	case TopicSupport:
		return "message-circle"
	case TopicService:
		return "layout-grid"
	case TopicLaw:
		return "scale"
	}
	return "wrench"
}

// about is what a button of a notice is said to be for.
func (i Item) about(ctx context.Context) i18n.Text {
	return i18n.K("notify.about", "title", i.Title(ctx))
}

// sentWhere tells, sentence by sentence, where a notice went.
func (r Record) sentWhere(ctx context.Context) string {
	parts := []string{i18n.T(ctx, "notify.in_account", "at", i18n.When(ctx, r.At))}
	for _, d := range r.Deliveries {
		parts = append(parts, i18n.T(ctx, "notify."+string(d.Channel)+"_"+string(d.State), "to", d.To, "at", i18n.When(ctx, d.SentAt)))
	}
	return strings.Join(parts, ". ") + "."
}

// state is the worst of what became of the messages.
func (r Record) state() ui.Tag {
	worst := State("account")
	for _, s := range []State{Failed, Waiting, Sending, Sent} {
		for _, d := range r.Deliveries {
			if d.State == s && worst == "account" {
				worst = s
			}
		}
	}
	tone := map[State]ui.Tone{Failed: ui.Danger, Waiting: ui.Warning, Sending: ui.Info, Sent: ui.Success, "account": ui.Neutral}[worst]
	return ui.Tag{Text: i18n.K("notify.state_" + string(worst)), Tone: tone}
}
