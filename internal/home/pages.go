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

func stepIcon(f first) string {
	if f.done {
		return "check"
	}
	switch f.name {
	case "contacts":
		return "bell"
	case "security":
		return "lock"
	case "device":
		return "smartphone"
	case "consents":
		return "file-check"
	case "profile":
		return "user"
	case "identity":
		return "shield-check"
	}
	return "send"
}

func stepTone(f first) ui.Tone {
	if f.done {
		return ui.Success
	}
	return ui.Accent
}

func stepTag(f first) ui.Tag {
	switch {
	case f.done:
		return ui.Tag{Text: i18n.K("home.start_done"), Tone: ui.Success}
	case f.name == "test_sent":
		return ui.Tag{Text: i18n.K("home.start_going"), Tone: ui.Info}
	}
	return ui.Tag{Text: i18n.K("home.start_open"), Icon: "clock"}
}

// setting is a page of the settings; its texts are home.set_NAME and
// home.set_NAME_text.
type setting struct{ name, Href, icon string }

func (s setting) key() string { return "home.set_" + s.name }

// settingGroup is a part of the settings.
type settingGroup struct {
	name string
	list []setting
}

func settings() []settingGroup {
	return []settingGroup{
		{"entry", []setting{
			{"security", "/settings/security", "lock"}, {"second", "/settings/second", "smartphone"}, {"contacts", "/settings/contacts", "phone"},
			{"outside", "/settings/outside", "log-in"}, {"certificates", "/settings/signatures", "signature"}, {"signins", "/settings/signins", "history"},
		}},
		{"data", []setting{
			{"privacy", "/settings/privacy", "eye"}, {"consents", "/settings/consents", "file-check"}, {"copy", "/settings/data", "download"},
			{"leave", "/settings/delete", "trash-2"},
		}},
	}
}
