package web

import (
	"errors"
	"io"
	"mime"
	mp "mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kabinet/internal/platform/i18n"
)

// DefaultMax is the longest value of a field in characters, unless it says
// otherwise.
const DefaultMax = 200

// Field is one input of a form: what it is, what was typed, what is wrong.
type Field struct {
	Name     string // as sent by the browser
	Label    i18n.Text
	Hint     i18n.Text              // zero: none
	Check    func(string) i18n.Text // returns what is wrong, zero when nothing is; not called for ""
	Missing  i18n.Text              // what to say when nothing was typed; zero: "web.required"
	Optional bool
	Secret   bool // a password: not trimmed, never shown again
	Max      int  // longest value in characters; 0 is DefaultMax
	Value    string
	Error    i18n.Text
}

// Read fills the fields from the posted form and reports whether all of them
// pass. Values are trimmed and control characters dropped.
func Read(r *http.Request, fields ...*Field) (ok bool) {
	return ReadFrom(r.PostFormValue, fields...)
}

// ReadFrom is Read from any source of values.
func ReadFrom(value func(name string) string, fields ...*Field) (ok bool) {
	ok = true
	for _, f := range fields {
		f.Value = value(f.Name)
		if !f.Secret {
			f.Value = Clean(f.Value)
		}
		f.Error = f.wrong()
		ok = ok && f.Error.IsZero()
	}
	return ok
}

func (f *Field) wrong() i18n.Text {
	limit := f.Max
	if limit == 0 {
		limit = DefaultMax
	}
	switch {
	case f.Value == "" && f.Optional:
		return i18n.Text{}
	case f.Value == "" && !f.Missing.IsZero():
		return f.Missing
	case f.Value == "":
		return i18n.K("web.required", "label", f.Label)
	case utf8.RuneCountInString(f.Value) > limit:
		return i18n.K("web.too_long", "n", limit)
	case f.Check != nil:
		return f.Check(f.Value)
	}
	return i18n.Text{}
}

// Wrong returns those of the fields that have an error, in order, for the
// summary on top of the form.
func Wrong(fields ...*Field) (wrong []*Field) {
	for _, f := range fields {
		if !f.Error.IsZero() {
			wrong = append(wrong, f)
		}
	}
	return wrong
}

// Clean trims s, makes it valid UTF-8 and drops control characters except line
// breaks and tabs.
func Clean(s string) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(c rune) rune {
		if c == '\r' || unicode.IsControl(c) && c != '\n' && c != '\t' {
			return -1
		}
		return c
	}, s)
	return strings.TrimSpace(s)
}

// isText reports whether s is what a person can type or a link of ours can hold:
// whole UTF-8 without zero bytes, which PostgreSQL refuses.
func isText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

func isTextQuery(raw string) bool {
	if raw == "" {
		return true
	}
	query, err := url.QueryUnescape(raw)
	return err != nil || isText(query) // pairs that cannot be read are left out later
}

// onlyText takes out of the values what is no text.
func onlyText(values url.Values) {
	for _, all := range values {
		for i, v := range all {
			if !isText(v) {
				all[i] = strings.ReplaceAll(strings.ToValidUTF8(v, ""), "\x00", "")
			}
		}
	}
}

// ReadWithin has reading the request's body fail after d, by the clock of the
// system as all that concerns connections. Without a connection, as in tests, it
// does nothing.
func ReadWithin(w http.ResponseWriter, d time.Duration) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(d))
}

// bodyLimit is a request's body that ends with ErrTooLarge.
type bodyLimit struct {
	io.ReadCloser
	left int64
}

func (b *bodyLimit) Read(p []byte) (int, error) {
	if b.left <= 0 {
		// One byte more tells a body of just the limit from a longer one.
		var one [1]byte
		n, err := b.ReadCloser.Read(one[:])
		if n > 0 {
			return 0, ErrTooLarge
		}
		return 0, err
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	return n, err
}

// tooLarge turns the failure to read a form into what the person is told.
func tooLarge(err error) error {
	if errors.Is(err, ErrTooLarge) {
		return ErrTooLarge
	}
	return ErrForged
}

// MaxBody is a guard of a route that takes bodies of up to n bytes.
func MaxBody(n int64) Guard {
	return func(h HandlerFunc) HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) error {
			VisitOf(r.Context()).body.left = n
			return h(w, r)
		}
	}
}

func multipart(r *http.Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return kind == "multipart/form-data"
}

// Parts reads a multipart form part by part, for forms with files. Its first
// part was the CSRF value, which is checked before any handler runs. A form that
// is not multipart is refused with ErrForged.
func Parts(r *http.Request) (*mp.Reader, error) {
	if parts := VisitOf(r.Context()).parts; parts != nil {
		return parts, nil
	}
	return nil, ErrForged
}

// openParts begins to read a multipart form and reports whether one of our pages
// sent it: the first part must be the CSRF value, unless a header has it.
func (v *Visit) openParts(r *http.Request) bool {
	parts, err := r.MultipartReader()
	if err != nil {
		return false
	}
	v.parts = parts
	if v.genuine(r.Header.Get("X-CSRF")) {
		return true
	}
	first, err := parts.NextPart()
	if err != nil || first.FormName() != "csrf" {
		return false
	}
	value, err := io.ReadAll(io.LimitReader(first, 1024))
	return err == nil && v.genuine(string(value))
}

// textsBody is how much of a refused multipart form is read for its texts, in
// bytes: files that stand between them are passed over.
const textsBody = 32 << 20

// PostedTexts returns what was typed into a posted form, for whoever keeps it
// because it cannot be taken now. Files are left out.
func PostedTexts(r *http.Request) url.Values {
	v := VisitOf(r.Context())
	if v.parts == nil {
		return r.PostForm
	}
	v.body.left = textsBody
	texts := url.Values{}
	for left := FormLimit; left > 0; {
		part, err := v.parts.NextPart()
		if err != nil {
			return texts
		}
		if part.FileName() != "" || part.Header.Get("Content-Type") != "" { // also a file input that was left empty
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, int64(left)))
		if err != nil {
			return texts
		}
		texts.Add(part.FormName(), string(value))
		left -= len(value) + 1
	}
	return texts
}

// SignedIn is a guard of pages that need an account.
func SignedIn(h HandlerFunc) HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		if Account(r) == "" {
			return ErrSignIn
		}
		return h(w, r)
	}
}
