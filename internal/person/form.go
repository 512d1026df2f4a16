package person

import (
	"net/http"
	"strings"
	"time"

	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

// DataForm asks for several parts of a person's data at once, with the checks
// that each field has everywhere.
type DataForm struct {
	parts []*editForm
}

// NewDataForm returns a form that shows what is known.
func NewDataForm(p Person, now func() time.Time, parts ...Part) *DataForm {
	f := &DataForm{}
	for _, part := range parts {
		f.parts = append(f.parts, newEditForm(part, p, now))
	}
	return f
}

// Require makes fields obligatory, by name.
func (f *DataForm) Require(names ...string) {
	for _, name := range names {
		if field := f.Field(name); field != nil {
			field.Optional = false
		}
	}
}

// Field returns the field with this name, nil when there is none.
func (f *DataForm) Field(name string) *web.Field {
	for _, field := range f.Fields() {
		if field.Name == name {
			return field
		}
	}
	return nil
}

// Fields returns all fields in the order of the parts.
func (f *DataForm) Fields() (all []*web.Field) {
	for _, part := range f.parts {
		all = append(all, part.list...)
	}
	return all
}

// Of returns the fields of one part.
func (f *DataForm) Of(part Part) []*web.Field {
	for _, p := range f.parts {
		if p.Part == part {
			return p.list
		}
	}
	return nil
}

// Read reads the posted form and reports whether all of it passes. Ten digits
// in the field of the series are a whole passport that was pasted.
func (f *DataForm) Read(r *http.Request) bool {
	return f.ReadFrom(r.PostFormValue)
}

// ReadFrom is Read of values that came otherwise, as with files.
func (f *DataForm) ReadFrom(posted func(name string) string) bool {
	series, number := "passport_series", "passport_number"
	value := func(name string) string {
		v := posted(name)
		if name != series && name != number || strings.TrimSpace(posted(number)) != "" {
			return v
		}
		whole := onlyDigits(posted(series))
		switch {
		case len(whole) != 10:
			return v
		case name == series:
			return whole[:4]
		}
		return whole[4:]
	}
	ok := web.ReadFrom(value, f.Fields()...)
	for _, part := range f.parts {
		if len(web.Wrong(part.list...)) == 0 { // else a slip in one field would be told at two
			ok = part.agrees() && ok
		}
	}
	return ok
}

func onlyDigits(s string) string {
	return strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, s)
}

// Person returns base with what was typed; the checks let it pass. Whether
// somebody is a woman or a man is not asked.
func (f *DataForm) Person(base Person) Person {
	for _, part := range f.parts {
		typed := part.person()
		if part.Part == Identity {
			typed.Sex = base.Sex
		}
		base = base.take(part.Part, typed)
	}
	return base
}

// InputOf says how a field of the form is typed.
func InputOf(f *web.Field) ui.Input { return input(f) }
