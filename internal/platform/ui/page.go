package ui

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/web"
)

// Head is what a page says of itself.
type Head struct {
	Title i18n.Text
	Wrong bool   // the form on it has errors: the title starts with «Ошибка:»
	Full  bool   // the content spans the whole width and lays itself out with Wrap, as the start page does
	Quiet bool   // no navigation, only the way out: a step that must not be left by accident
	Nav   []Link // desk only: its sections
}

// title returns what stands in the browser's tab.
func (h Head) title(ctx context.Context) string {
	key := "ui.title"
	if h.Wrong {
		key = "ui.title_wrong"
	}
	return i18n.T(ctx, key, "page", h.Title)
}

// Link leads to a page.
type Link struct {
	Href string
	Text i18n.Text
	Icon string // "" is none
}

// sections are the parts of the portal that a citizen moves between.
func sections(signedIn bool) []Link {
	services := Link{"/services", i18n.K("ui.services"), "layout-grid"}
	if !signedIn {
		return []Link{services, {"/help", i18n.K("ui.help"), "help"}, {"/contacts", i18n.K("ui.contacts"), "phone"}}
	}
	return []Link{
		{"/", i18n.K("ui.home"), "house"},
		services,
		{"/applications", i18n.K("ui.applications"), "file-text"},
		{"/documents", i18n.K("ui.documents"), "folder"},
		{"/notices", i18n.K("ui.notices"), "bell"},
	}
}

// current returns the value of aria-current for a link on the page that was
// asked for: "page" for the page itself, "true" for a part of its section.
func current(ctx context.Context, href string) string {
	path, _, _ := strings.Cut(web.VisitOf(ctx).Path, "?")
	switch {
	case path == href:
		return "page"
	case href != "/" && strings.HasPrefix(path, href+"/"):
		return "true"
	}
	return ""
}

// languageHref leads to the same page in the other language.
func languageHref(ctx context.Context) string {
	return "/lang/" + string(otherLang(ctx)) + "?back=" + url.QueryEscape(web.VisitOf(ctx).Path)
}

func otherLang(ctx context.Context) i18n.Lang {
	if i18n.LangOf(ctx) == i18n.EN {
		return i18n.RU
	}
	return i18n.EN
}

// failure is how the kind of an error looks on a page of its own.
type failure struct {
	icon  string
	tone  Tone
	title string // message key
}

func failureOf(status int) failure {
	switch status {
	case http.StatusNotFound, http.StatusGone, http.StatusMethodNotAllowed:
		return failure{"search-x", Accent, "ui.error_not_found"}
	case http.StatusForbidden:
		return failure{"lock", Warning, "ui.error_forbidden"}
	case http.StatusUnauthorized:
		return failure{"lock", Accent, "ui.error_unsigned"}
	case http.StatusConflict:
		return failure{"rotate-ccw", Warning, "ui.error_conflict"}
	case http.StatusTooManyRequests:
		return failure{"hourglass", Warning, "ui.error_too_many"}
	case http.StatusServiceUnavailable:
		return failure{"wifi-off", Warning, "ui.error_unavailable"}
	case http.StatusInternalServerError:
		return failure{"server-crash", Warning, "ui.error_internal"}
	default:
		return failure{"alert", Warning, "ui.error_invalid"}
	}
}

// mayRetry reports whether asking again may help without doing anything first.
func mayRetry(status int) bool {
	return status >= 500 || status == http.StatusTooManyRequests || status == http.StatusConflict
}

// errorText returns the sentence of an error, an apology when there is none.
func errorText(err *fault.Error) i18n.Text {
	if err == nil || err.Text == "" {
		return i18n.K("fault.internal")
	}
	return i18n.K(err.Text)
}

func scheme(p web.Prefs) string {
	if p.Scheme == "" {
		return "auto"
	}
	return p.Scheme
}

// toggled is the value that a switch would send.
func toggled(on bool) string {
	if on {
		return "0"
	}
	return "1"
}

func visionKey(on bool) string {
	if on {
		return "ui.vision_off"
	}
	return "ui.vision_on"
}

// phoneSections are the sections at the end of the window on phones, by names
// short enough for it.
func phoneSections(signedIn bool) []Link {
	links := []Link{{"/", i18n.K("ui.home"), "house"}}
	if !signedIn {
		return append(links, sections(false)...)
	}
	for _, l := range sections(true)[1:4] {
		if l.Href != "/services" {
			l.Text.Key += "_short"
		}
		links = append(links, l)
	}
	return links
}
