// Package webtest is a browser without a screen and without scripts, for tests
// that walk through pages over HTTP as a person would.
package webtest

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/textproto"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
)

// Browser keeps cookies and follows redirects.
type Browser struct {
	t      testing.TB
	base   *url.URL
	Client *http.Client
	Lang   string // of Accept-Language; "" is ru
}

// New returns a browser at the address of a server.
func New(t testing.TB, base string) *Browser {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Browser{t: t, base: u, Client: &http.Client{Jar: jar, Timeout: 30 * time.Second}}
}

// Page is what came.
type Page struct {
	b      *Browser
	URL    *url.URL // after redirects
	Status int
	Header http.Header
	Body   []byte
	doc    *html.Node
}

// Get opens a path and fails the test when nothing comes.
func (b *Browser) Get(path string) *Page {
	b.t.Helper()
	p, err := b.Try(http.MethodGet, path, "", nil)
	if err != nil {
		b.t.Fatalf("opening %s: %v", path, err)
	}
	return p
}

// Try sends a request and returns the error of the connection, for tests that
// take the server away.
func (b *Browser) Try(method, path, kind string, body io.Reader) (*Page, error) {
	u, err := b.base.Parse(path)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequest(method, u.String(), body)
	if err != nil {
		return nil, err
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	lang := b.Lang
	if lang == "" {
		lang = "ru"
	}
	r.Header.Set("Accept-Language", lang)
	res, err := b.Client.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	p := &Page{b: b, URL: res.Request.URL, Status: res.StatusCode, Header: res.Header, Body: data}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		p.doc, err = html.Parse(bytes.NewReader(data))
	}
	return p, err
}

// All returns the elements that a CSS selector finds.
func (p *Page) All(selector string) []*html.Node {
	p.b.t.Helper()
	sel, err := cascadia.ParseGroup(selector)
	if err != nil {
		p.b.t.Fatalf("selector %q: %v", selector, err)
	}
	if p.doc == nil {
		return nil
	}
	return cascadia.QueryAll(p.doc, sel)
}

// Has reports whether the selector finds anything.
func (p *Page) Has(selector string) bool { p.b.t.Helper(); return len(p.All(selector)) > 0 }

// Text returns the text of the first element that the selector finds, with
// single spaces; "" when there is none.
func (p *Page) Text(selector string) string {
	p.b.t.Helper()
	if all := p.All(selector); len(all) > 0 {
		return Text(all[0])
	}
	return ""
}

// Text returns the text of an element with single spaces.
func Text(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
			b.WriteByte(' ')
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(n)
	return strings.Join(strings.Fields(b.String()), " ")
}

// Attr returns an attribute of an element, "" when it has none.
func Attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// Click follows the first link whose text holds the words.
func (p *Page) Click(words string) *Page {
	p.b.t.Helper()
	for _, a := range p.All("a[href]") {
		if strings.Contains(Text(a), words) {
			u, err := p.URL.Parse(Attr(a, "href"))
			if err != nil {
				p.b.t.Fatal(err)
			}
			return p.b.Get(u.String())
		}
	}
	p.b.t.Fatalf("%s: no link «%s» on the page:\n%s", p.URL, words, p.Text("main"))
	return nil
}

// Form is a form as it stands on its page.
type Form struct {
	p      *Page
	node   *html.Node
	values url.Values
	files  map[string]file
}

type file struct {
	name, kind string
	data       []byte
}

// Form returns the first form that the selector finds, with what it would send.
func (p *Page) Form(selector string) *Form {
	p.b.t.Helper()
	all := p.All(selector)
	if len(all) == 0 {
		p.b.t.Fatalf("%s (%d): no form %q on the page:\n%s", p.URL, p.Status, selector, p.Text("main"))
	}
	f := &Form{p: p, node: all[0], values: url.Values{}, files: map[string]file{}}
	for _, n := range cascadia.QueryAll(f.node, cascadia.MustCompile("input, select, textarea")) {
		f.initial(n)
	}
	return f
}

func (f *Form) initial(n *html.Node) {
	name, kind := Attr(n, "name"), Attr(n, "type")
	if name == "" || has(n, "disabled") {
		return
	}
	switch {
	case n.Data == "textarea":
		if n.FirstChild != nil {
			f.values.Add(name, n.FirstChild.Data)
		} else {
			f.values.Add(name, "")
		}
	case n.Data == "select":
		for i, o := range cascadia.QueryAll(n, cascadia.MustCompile("option")) {
			if has(o, "selected") || i == 0 && !cascadia.MustCompile("select:has(option[selected])").Match(n) {
				f.values.Add(name, Attr(o, "value"))
			}
		}
	case kind == "checkbox" || kind == "radio":
		if has(n, "checked") {
			v := Attr(n, "value")
			if v == "" {
				v = "on"
			}
			f.values.Add(name, v)
		}
	case kind != "submit" && kind != "button" && kind != "file":
		f.values.Add(name, Attr(n, "value"))
	}
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// Set types a value into a field that must be there.
func (f *Form) Set(name, value string) *Form {
	f.p.b.t.Helper()
	if len(cascadia.QueryAll(f.node, cascadia.MustCompile(`[name="`+name+`"]`))) == 0 {
		f.p.b.t.Fatalf("%s: the form has no field %q", f.p.URL, name)
	}
	f.values.Set(name, value)
	return f
}

// Value returns what a field would send now.
func (f *Form) Value(name string) string { return f.values.Get(name) }

// Attach chooses a file.
func (f *Form) Attach(field, name, kind string, data []byte) *Form {
	f.files[field] = file{name, kind, data}
	return f
}

// Send presses the button that sends a field of that name with that value, or,
// with no name, the first one.
func (f *Form) Send(button ...string) *Page {
	f.p.b.t.Helper()
	p, err := f.TrySend(button...)
	if err != nil {
		f.p.b.t.Fatalf("sending the form of %s: %v", f.p.URL, err)
	}
	return p
}

// TrySend is Send that returns the error of the connection.
func (f *Form) TrySend(button ...string) (*Page, error) {
	action := Attr(f.node, "action")
	values := url.Values{}
	for k, v := range f.values {
		values[k] = v
	}
	for _, n := range cascadia.QueryAll(f.node, cascadia.MustCompile("button")) {
		if len(button) == 2 && Attr(n, "name") == button[0] && Attr(n, "value") == button[1] || len(button) == 0 && Attr(n, "type") != "button" {
			if Attr(n, "name") != "" {
				values.Set(Attr(n, "name"), Attr(n, "value"))
			}
			if to := Attr(n, "formaction"); to != "" {
				action = to
			}
			break
		}
	}
	u, err := f.p.URL.Parse(action)
	if err != nil {
		return nil, err
	}
	if !strings.EqualFold(Attr(f.node, "method"), "post") {
		u.RawQuery = values.Encode()
		return f.p.b.Try(http.MethodGet, u.String(), "", nil)
	}
	if strings.HasPrefix(Attr(f.node, "enctype"), "multipart/") {
		body, kind, err := f.multipart(values)
		if err != nil {
			return nil, err
		}
		return f.p.b.Try(http.MethodPost, u.String(), kind, body)
	}
	return f.p.b.Try(http.MethodPost, u.String(), "application/x-www-form-urlencoded", strings.NewReader(values.Encode()))
}

// multipart writes the form as a browser does: fields in the order of the page,
// so the CSRF value comes first.
func (f *Form) multipart(values url.Values) (io.Reader, string, error) {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	done := map[string]bool{}
	for _, n := range cascadia.QueryAll(f.node, cascadia.MustCompile("input, select, textarea, button")) {
		name := Attr(n, "name")
		if name == "" || done[name] {
			continue
		}
		done[name] = true
		if chosen, ok := f.files[name]; ok {
			w, err := m.CreatePart(textproto.MIMEHeader{
				"Content-Disposition": {`form-data; name="` + name + `"; filename="` + chosen.name + `"`}, "Content-Type": {chosen.kind}})
			if err != nil {
				return nil, "", err
			}
			if _, err := w.Write(chosen.data); err != nil {
				return nil, "", err
			}
			continue
		}
		for _, v := range values[name] {
			if err := m.WriteField(name, v); err != nil {
				return nil, "", err
			}
		}
	}
	return &b, m.FormDataContentType(), m.Close()
}
