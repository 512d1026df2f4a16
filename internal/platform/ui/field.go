package ui

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/web"
)

// Input says how a field of one line looks. The zero Input is a line of text.
type Input struct {
	Type     string    // type of HTML: "" is text
	Mode     string    // keyboard of a phone: numeric, decimal, tel, email
	Complete string    // what the browser may fill in (autocomplete); "" leaves it to the browser
	Width    string    // "s" for a date or a code, "m" for a phone; "" is the whole width
	Mark     i18n.Text // where the value came from, as in «Из профиля»
	Check    string    // address that checks the value after it is left: POST name, value → the sentence of what is wrong, or nothing
	Suffix   i18n.Text // said after the label: a unit
	Pattern  string    // form of the value that the script helps to type: "date" or ""
	Length   int       // characters of a code; 0 is any
	ReadOnly bool
}

// Password says what a field for a password asks of it.
type Password struct {
	New   bool   // a new password is chosen: rules are shown and live
	Rules []Rule // in the order shown
}

// Rule is one demand on a new password that the script checks while the
// person types. The server checks them again.
type Rule struct {
	Text  i18n.Text
	Least int    // fewest characters; 0 is any
	Has   string // regular expression of JavaScript that must be found; "" is none
}

// Option is one of several things to choose.
type Option struct {
	Value string
	Text  i18n.Text
	Hint  i18n.Text
	Icon  string // only ChoiceCards show it
}

// FormOptions says how a form is sent. The zero value sends it by POST to the
// page that it stands on.
type FormOptions struct {
	Action   string // "" is the page itself
	ID       string // "" is none
	Upload   bool   // it has fields for files
	Autosave string // address that the script sends the form to while the person types; it answers with the sentence to show
	Get      bool   // sent by GET: a search, a filter
	Close    bool   // fields stand closer
}

// Upload says what a field for files takes.
type Upload struct {
	Accept   string // list of HTML, as ".pdf,.jpg,.jpeg,.png"
	To       string // address that takes one file by POST and answers with its row (FileRow), or 422 with the sentence of what is wrong; "" sends the file with the form
	Max      int64  // bytes of one file that the script lets through; 0 is any
	Multiple bool
}

func id(f *web.Field) string { return f.Name }

// describedBy lists the IDs of the hint and of the error.
func describedBy(f *web.Field) string {
	var ids []string
	if !f.Hint.IsZero() {
		ids = append(ids, id(f)+"-hint")
	}
	if !f.Error.IsZero() {
		ids = append(ids, id(f)+"-error")
	}
	return strings.Join(ids, " ")
}

// fieldAttrs returns the attributes that every field has.
func fieldAttrs(f *web.Field) templ.OrderedAttributes {
	attrs := templ.OrderedAttributes{{Key: "id", Value: id(f)}, {Key: "name", Value: f.Name}}
	if by := describedBy(f); by != "" {
		attrs = append(attrs, templ.KeyValue[string, any]{Key: "aria-describedby", Value: by})
	}
	if !f.Error.IsZero() {
		attrs = append(attrs, templ.KeyValue[string, any]{Key: "aria-invalid", Value: "true"})
	}
	return attrs
}

// inputAttrs returns the attributes of a field of one line.
func inputAttrs(f *web.Field, in Input) templ.OrderedAttributes {
	attrs := fieldAttrs(f)
	add := func(key, value string) {
		if value != "" {
			attrs = append(attrs, templ.KeyValue[string, any]{Key: key, Value: value})
		}
	}
	kind := in.Type
	if kind == "" {
		kind = "text"
	}
	add("type", kind)
	add("inputmode", in.Mode)
	add("autocomplete", in.Complete)
	add("data-check", in.Check)
	add("data-pattern", in.Pattern)
	if in.Length > 0 {
		add("maxlength", strconv.Itoa(in.Length))
	}
	if in.ReadOnly {
		attrs = append(attrs, templ.KeyValue[string, any]{Key: "readonly", Value: true})
	}
	return attrs
}

// shown returns the value as it is drawn again: a secret never is.
func shown(f *web.Field) string {
	if f.Secret {
		return ""
	}
	return f.Value
}

// labelText returns the label with its unit: «Доход за месяц, ₽».
func labelText(ctx context.Context, f *web.Field, in Input) string {
	if in.Suffix.IsZero() {
		return f.Label.In(ctx)
	}
	return f.Label.In(ctx) + ", " + in.Suffix.In(ctx)
}

// optionID returns the ID of the i-th choice. The first one has the ID of the
// field itself, so that the summary of errors leads to it.
func optionID(f *web.Field, i int) string {
	if i == 0 {
		return id(f)
	}
	return id(f) + "-" + strconv.Itoa(i+1)
}

// chosen reports whether a value is among those of a field of many.
func chosen(values []string, value string) bool { return slices.Contains(values, value) }

// wrongFields returns the fields with an error.
func wrongFields(fields []*web.Field) []*web.Field {
	var wrong []*web.Field
	for _, f := range fields {
		if !f.Error.IsZero() {
			wrong = append(wrong, f)
		}
	}
	return wrong
}

func method(o FormOptions) string {
	if o.Get {
		return "get"
	}
	return "post"
}

func passwordInput(p Password) Input {
	if p.New {
		return Input{Type: "password", Complete: "new-password"}
	}
	return Input{Type: "password", Complete: "current-password"}
}

func atLeast(n, least int) int {
	if n < 1 {
		return least
	}
	return n
}
