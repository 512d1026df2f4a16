package sandbox

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed templates stand.css text*.json
var files embed.FS

// moscow is the zone of the times on the pages: the firms are there, the server may be anywhere.
var moscow = time.FixedZone("UTC+3", 3*60*60)

// pages are the templates by name and the texts by language and key.
type pages struct {
	templates map[string]*template.Template
	texts     map[string]map[string]string
}

func newPages() (pages, error) {
	p := pages{templates: map[string]*template.Template{}, texts: map[string]map[string]string{}}
	for _, lang := range []string{"ru", "en"} {
		texts := map[string]string{}
		names, err := fs.Glob(files, "text*."+lang+".json")
		if err != nil {
			return p, err
		}
		for _, name := range names {
			data, err := files.ReadFile(name)
			if err != nil {
				return p, err
			}
			// A second file adds its keys to those of the first.
			if err := json.Unmarshal(data, &texts); err != nil {
				return p, fmt.Errorf("reading the sandbox's texts in %s: %w", name, err)
			}
		}
		p.texts[lang] = texts
	}
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		return p, err
	}
	for _, name := range names {
		t, err := template.ParseFS(files, "templates/layout.html", name)
		if err != nil {
			return p, err
		}
		p.templates[strings.TrimSuffix(path.Base(name), ".html")] = t
	}
	return p, nil
}

// page is what every template gets.
type page struct {
	Lang    string // ru, en
	Title   string // key of the text; for a letter its subject
	Path    string // of this page, with its query but for the language
	Section string // sms, mail, tax, registers, post; "" for the overview
	Refresh bool   // the page asks for itself again every five seconds
	Failed  bool   // something typed was refused
	texts   map[string]string
	Data    any
}

// T returns a text; {1}, {2} … stand for the arguments.
func (p page) T(key string, args ...any) string {
	text, ok := p.texts[key]
	if !ok {
		return key
	}
	for i, a := range args {
		text = strings.ReplaceAll(text, "{"+strconv.Itoa(i+1)+"}", fmt.Sprint(a))
	}
	return text
}

// URL returns a link that keeps the language.
func (p page) URL(path string) string { return withLang(path, p.Lang) }

// In returns the link to this page in another language.
func (p page) In(lang string) string { return withLang(p.Path, lang) }

// RefreshURL returns the link that turns the refreshing of this page on or off.
func (p page) RefreshURL() string {
	u, err := url.Parse(p.Path)
	if err != nil {
		return p.URL("/")
	}
	q := u.Query()
	if p.Refresh {
		q.Del("refresh")
	} else {
		q.Set("refresh", "1")
	}
	u.RawQuery = q.Encode()
	return p.URL(u.String())
}

// When returns a time as the pages show it.
func (p page) When(t time.Time) string { return t.In(moscow).Format("02.01.2006 15:04:05") }

// Date returns a day like 1991-03-14 as the pages show it.
func (p page) Date(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.Format("02.01.2006")
}

// Month returns a month like 2019-03 as the pages show it.
func (p page) Month(month string) string {
	t, err := time.Parse("2006-01", month)
	if err != nil {
		return month
	}
	return t.Format("01.2006")
}

// Money returns a sum in roubles.
func (p page) Money(kopecks int64) string { return roubles(kopecks) + "\u00a0₽" }

// Links returns a text with its addresses of pages as links.
func (p page) Links(text string) template.HTML {
	var out strings.Builder
	for text != "" {
		i := strings.Index(text, "http")
		if i < 0 {
			break
		}
		out.WriteString(template.HTMLEscapeString(text[:i]))
		text = text[i:]
		end := strings.IndexAny(text, " \n\t\r<>\"'«»\u00a0")
		if end < 0 {
			end = len(text)
		}
		word := strings.TrimRight(text[:end], ".,;:!?)")
		escaped := template.HTMLEscapeString(word)
		if strings.HasPrefix(word, "http://") || strings.HasPrefix(word, "https://") {
			out.WriteString(`<a href="` + escaped + `" rel="noreferrer">` + escaped + `</a>`)
		} else {
			out.WriteString(escaped)
		}
		text = text[len(word):]
	}
	out.WriteString(template.HTMLEscapeString(text))
	return template.HTML(out.String()) //nolint:gosec // every piece was escaped above
}

func roubles(kopecks int64) string {
	s := strconv.FormatInt(kopecks/100, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u00a0" + s[i:]
	}
	if kopecks%100 != 0 {
		s += fmt.Sprintf(",%02d", kopecks%100)
	}
	return s
}

func langOf(r *http.Request) string {
	if r.URL.Query().Get("lang") == "en" {
		return "en"
	}
	return "ru"
}

// withLang returns the path, with ?lang=en when it is asked in English.
func withLang(path, lang string) string {
	u, err := url.Parse(path)
	if err != nil {
		return "/"
	}
	q := u.Query()
	q.Del("lang")
	if lang == "en" {
		q.Set("lang", "en")
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// show draws a template. section is the part of the navigation the page belongs to.
func (s *Sandbox) show(w http.ResponseWriter, r *http.Request, status int, name, section, title string, data any) {
	p := page{
		Lang: langOf(r), Title: title, Path: withLang(r.URL.RequestURI(), "ru"), Section: section,
		Refresh: r.URL.Query().Get("refresh") != "", Failed: status == http.StatusUnprocessableEntity, Data: data,
	}
	p.texts = s.pages.texts[p.Lang]
	p.Title = p.T(title)
	var out bytes.Buffer
	if err := s.pages.templates[name].ExecuteTemplate(&out, "layout", p); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if p.Refresh {
		w.Header().Set("Refresh", "5") // only when the reader asked for it
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(out.Bytes())
}

func serveCSS(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "max-age=60")
	http.ServeFileFS(w, r, files, "stand.css")
}

func (s *Sandbox) missingPage(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusNotFound, "missing", "", "missing.title", nil)
}

type overview struct {
	Partners []partnerCard
	Token    string
}

type partnerCard struct {
	Name  string // one of partners
	Link  string
	Mode  string
	Modes []string
	Count int
	Slow  string // seconds a slow partner waits
}

func (s *Sandbox) overviewPage(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	o := overview{Token: s.token}
	for _, p := range []partnerCard{
		{Name: PartnerSMS, Link: "/sms", Count: len(s.sms)},
		{Name: PartnerMail, Link: "/mail", Count: len(s.mail)},
		{Name: PartnerTax, Link: "/tax", Count: len(s.people)},
		{Name: PartnerPassport, Link: "/registers", Count: len(s.people)},
		{Name: PartnerPension, Link: "/registers", Count: len(s.people)},
		{Name: PartnerPost, Link: "/post", Count: len(s.letters)},
		{Name: PartnerESIA, Link: "/signins", Count: len(s.people)},
		{Name: PartnerSber, Link: "/signins", Count: len(s.people)},
		{Name: PartnerBereg, Link: "/signins", Count: len(s.people)},
		{Name: PartnerSever, Link: "/signins", Count: len(s.people)},
		{Name: PartnerCentre, Link: "/centre", Count: len(s.issued)},
	} {
		p.Mode, p.Modes = s.faults[p.Name], []string{ModeOK, ModeSlow, ModeDown, ModeBroken}
		p.Slow = strconv.FormatFloat(s.slow.Seconds(), 'f', -1, 64)
		o.Partners = append(o.Partners, p)
	}
	s.mu.Unlock()
	s.show(w, r, http.StatusOK, "overview", "", "overview.title", o)
}

// shown is how many messages a list page shows; the search finds the rest.
const shown = 200

type smsList struct {
	To   string
	List []SMS
}

func (s *Sandbox) smsPage(w http.ResponseWriter, r *http.Request) {
	to := strings.TrimSpace(r.FormValue("to"))
	all := s.SMSTo("")
	if want := phoneDigits(to); to != "" {
		all = slices.DeleteFunc(all, func(m SMS) bool { return !strings.Contains(phoneDigits(m.To), want) })
	}
	s.show(w, r, http.StatusOK, "sms", PartnerSMS, "sms.title", smsList{to, all[:min(len(all), shown)]})
}

type mailList struct {
	To   string
	List []Mail
}

func (s *Sandbox) mailPage(w http.ResponseWriter, r *http.Request) {
	to := strings.TrimSpace(r.FormValue("to"))
	all := s.MailTo("")
	if to != "" {
		want := strings.ToLower(to)
		all = slices.DeleteFunc(all, func(m Mail) bool { return !strings.Contains(strings.ToLower(m.Recipients()), want) })
	}
	s.show(w, r, http.StatusOK, "mail", PartnerMail, "mail.title", mailList{to, all[:min(len(all), shown)]})
}

// Recipients returns the addresses, comma between them.
func (m Mail) Recipients() string { return strings.Join(m.To, ", ") }

// letter returns the mail that the path names, or answers 404 and returns false.
func (s *Sandbox) letter(w http.ResponseWriter, r *http.Request) (Mail, bool) {
	id, err := strconv.Atoi(r.PathValue("id"))
	m, ok := s.MailByID(id)
	if err != nil || !ok {
		s.missingPage(w, r)
		return Mail{}, false
	}
	return m, true
}

func (s *Sandbox) letterPage(w http.ResponseWriter, r *http.Request) {
	m, ok := s.letter(w, r)
	if !ok {
		return
	}
	title := m.Subject
	if title == "" {
		title = "mail.no_subject"
	}
	s.show(w, r, http.StatusOK, "letter", PartnerMail, title, m)
}

// letterHTML is what the frame on a letter's page shows. It is a document of its
// own, not a srcdoc: that would inherit the page's policy, under which the
// styles that letters are written with do nothing.
func (s *Sandbox) letterHTML(w http.ResponseWriter, r *http.Request) {
	m, ok := s.letter(w, r)
	if !ok {
		return
	}
	w.Header().Set("Content-Security-Policy", "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write([]byte(m.HTML))
}

func (s *Sandbox) letterRaw(w http.ResponseWriter, r *http.Request) {
	m, ok := s.letter(w, r)
	if !ok {
		return
	}
	download(w, fmt.Sprintf("mail-%d.eml", m.ID), "message/rfc822", m.Raw)
}

func (s *Sandbox) letterAttachment(w http.ResponseWriter, r *http.Request) {
	m, ok := s.letter(w, r)
	if !ok {
		return
	}
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 0 || n >= len(m.Attachments) {
		s.missingPage(w, r)
		return
	}
	download(w, m.Attachments[n].Name, m.Attachments[n].Type, m.Attachments[n].Data)
}

func download(w http.ResponseWriter, name, kind string, data []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	w.Write(data)
}
