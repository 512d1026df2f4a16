package home

import (
	"context"
	"unicode"
	"unicode/utf8"

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
