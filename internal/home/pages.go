package home

import (
	"context"
	"unicode"
	"unicode/utf8"

	"kabinet/internal/application"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

// unread tells how many messages the person has not read, nothing when there
// are none.
func unread(ctx context.Context) i18n.Text {
	who := web.VisitOf(ctx).Who
	if who == nil || who.Unread == 0 {
		return i18n.Text{}
	}
	return i18n.K("home.unread", "n", who.Unread)
}

// statusTag is a status of an application with its colour and icon.
func statusTag(s application.Status) ui.Tag {
	t := ui.Tag{Text: s.Label(), Tone: ui.Info}
	switch s {
	case application.Accepted:
		t.Icon = "inbox"
	case application.Review:
		t.Icon = "search"
	case application.Working:
		t.Icon = "clock"
	case application.Clarify:
		t.Tone, t.Icon = ui.Warning, "alert"
	case application.Approved, application.Done:
		t.Tone, t.Icon = ui.Success, "ok"
	case application.Refused:
		t.Tone, t.Icon = ui.Danger, "bad"
	case application.Withdrawn:
		t.Tone, t.Icon = ui.Neutral, "undo"
	}
	return t
}

// capital begins a line with a capital letter.
func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

func tone(t todo) ui.Tone {
	if t.urgent {
		return ui.Warning
	}
	return ui.Accent
}

func variant(t todo) ui.Variant {
	if t.urgent {
		return ui.Primary
	}
	return ui.Secondary
}
