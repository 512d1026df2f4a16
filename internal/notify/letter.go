package notify

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"kabinet/internal/platform/i18n"
)

// letter returns the e-mail of a notice, whose Message-ID is made from the
// notice's ID.
func (s *Service) letter(ctx context.Context, item Item, to Contact) (Message, error) {
	l := letter{
		Title: item.Title(ctx), Text: item.Text(ctx), Service: item.Service.In(ctx), Greeting: i18n.T(ctx, "notify.letter_greeting"),
		Link: s.opt.PublicURL + openPath(item.ID),
	}
	if to.Name != "" {
		l.Greeting = i18n.T(ctx, "notify.letter_greeting_name", "name", to.Name)
	}
	var html strings.Builder
	if err := letterHTML(l).Render(ctx, &html); err != nil {
		return Message{}, fmt.Errorf("drawing the letter of notice %s: %w", item.ID, err)
	}
	return Message{ID: item.ID, To: to.Email, Subject: oneLine(l.Title), Text: l.plain(ctx), HTML: html.String()}, nil
}

// letter is what stands in an e-mail.
type letter struct {
	Greeting, Title, Text, Service string
	Link                           string // whole address
}

func (l letter) plain(ctx context.Context) string {
	parts := []string{l.Greeting, l.Title}
	if l.Text != "" {
		parts = append(parts, l.Text)
	}
	if l.Service != "" {
		parts = append(parts, i18n.T(ctx, "notify.letter_service", "service", l.Service))
	}
	parts = append(parts, i18n.T(ctx, "notify.letter_open")+":\n"+l.Link, "--\n"+i18n.T(ctx, "notify.letter_why")+"\n"+i18n.T(ctx, "notify.letter_safety"))
	return strings.Join(parts, "\n\n") + "\n"
}

// smsLimit is the longest text in characters: four parts of Cyrillic SMS.
const smsLimit = 268

// shortText is what goes by SMS: no link, since people are taught not to follow
// links in messages.
func shortText(ctx context.Context, item Item) string {
	text := i18n.T(ctx, "notify.sms", "title", strings.TrimSuffix(item.Title(ctx), "."))
	if more := item.Text(ctx); more != "" {
		text += " " + more
	}
	text = oneLine(text)
	if utf8.RuneCountInString(text) > smsLimit {
		text = string([]rune(text)[:smsLimit-1]) + "…"
	}
	return text
}

// oneLine makes of all white space, no-break spaces too, single spaces: mail
// headers take no line breaks, and no-break spaces cost SMS nothing but confuse
// old phones.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// openPath is where a notice is opened from a letter, a page or the feed.
func openPath(id string) string { return "/notices/" + id + "/open" }
