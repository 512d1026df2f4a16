// Package i18n says things in the reader's language: texts by key with their
// plural forms, dates, sums, sizes and phone numbers.
//
// Everything a person reads is a Text: a key of the catalogue with its
// arguments, or Words that came in both languages from a file of a service. It
// becomes a string only where it is drawn, with the context of the request,
// which carries the language, the time zone and the moment that "today" means.
// Russian typography (no-break spaces) is applied when texts are loaded, never
// when they are drawn.
package i18n

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// Lang is a language of the interface.
type Lang string

// The languages of the interface. Russian is the first: what exists in no
// other language is shown in it.
const (
	RU Lang = "ru"
	EN Lang = "en"
)

// Text is something to be said in the reader's language: a message key with
// its arguments, or, when Key is empty, Words. The zero Text says nothing.
type Text struct {
	Key   string
	Args  []any // name, value pairs, see [T]
	Words Words
}

// K returns the text of a key. args are name, value pairs:
// K("account.code_left", "n", 4).
func K(key string, args ...any) Text { return Text{Key: key, Args: args} }

// In returns the text in the reader's language, "" for the zero Text.
func (t Text) In(ctx context.Context) string {
	if t.Key == "" {
		return t.Words.In(ctx)
	}
	return T(ctx, t.Key, t.Args...)
}

// IsZero reports whether t says nothing.
func (t Text) IsZero() bool { return t.Key == "" && t.Words == Words{} }

// Words is a text given in both languages by whoever wrote a service, an
// agency or a form. EN may be empty.
type Words struct {
	RU string `yaml:"ru" json:"ru"`
	EN string `yaml:"en" json:"en"`
}

// In returns the words in the reader's language, in Russian when there are
// none in it.
func (w Words) In(ctx context.Context) string { return readerOf(ctx).words(w) }

// Text returns the words as a Text.
func (w Words) Text() Text { return Text{Words: w} }

// UnmarshalYAML reads the words and applies the typography of Russian to them.
func (w *Words) UnmarshalYAML(unmarshal func(any) error) error {
	type plain Words // without this method
	var p plain
	if err := unmarshal(&p); err != nil {
		return err
	}
	*w = Words{RU: Glue(p.RU), EN: p.EN}
	return nil
}

// reader is what a context knows of the person who will read.
type reader struct {
	messages map[string]*message
	lang     Lang
	loc      *time.Location
	now      time.Time // in loc
}

type readerKey struct{}

func (r *reader) words(w Words) string {
	if w.EN != "" && r.lang == EN {
		return w.EN
	}
	return w.RU
}

// nobody reads when a context carries no reader: texts come out as their keys.
var nobody = &reader{lang: RU, loc: time.UTC}

func readerOf(ctx context.Context) *reader {
	if r, ok := ctx.Value(readerKey{}).(*reader); ok {
		return r
	}
	return nobody
}

// With returns a context in which texts come in lang, times in loc, and
// «сегодня» is the day of now. A language without texts becomes Russian.
func (c *Catalogue) With(ctx context.Context, lang Lang, loc *time.Location, now time.Time) context.Context {
	if lang != EN {
		lang = RU
	}
	return context.WithValue(ctx, readerKey{}, &reader{c.messages[lang], lang, loc, now.In(loc)})
}

// LangOf returns the reader's language, Russian when the context knows none.
func LangOf(ctx context.Context) Lang { return readerOf(ctx).lang }

// T returns the text of a key with its {placeholders} filled in from args,
// which are name, value pairs. Values are string, int, int64, Words or Text (a
// Text whose own values are not Texts); whole numbers from 10 000 on are
// written with their thousands parted. A text with plural forms takes the form
// that the argument "n" asks for. A key that the catalogue lacks is returned as
// it is.
func T(ctx context.Context, key string, args ...any) string {
	r := readerOf(ctx)
	t := r.template(key, args)
	if t == nil {
		return key
	}
	if len(t.names) == 0 {
		return t.literals[0]
	}
	var room [256]byte
	b := room[:0]
	for i, name := range t.names {
		b = appendLiteral(b, t.literals[i])
		if text, ok := value(args, name).(Text); ok {
			b = r.appendText(b, text)
		} else {
			b = r.appendValue(b, name, value(args, name))
		}
	}
	return string(appendLiteral(b, t.literals[len(t.names)]))
}

// appendLiteral appends a part of a text. A stop after an argument that ended
// with one («2027 г.») is left out.
func appendLiteral(b []byte, literal string) []byte {
	if len(b) > 0 && b[len(b)-1] == '.' && strings.HasPrefix(literal, ".") && !strings.HasPrefix(literal, "..") {
		literal = literal[1:]
	}
	return append(b, literal...)
}

// template returns the form of the key's text that args ask for, nil when
// there is no such key.
func (r *reader) template(key string, args []any) *template {
	m, ok := r.messages[key]
	if !ok {
		return nil
	}
	if m.plural {
		switch n := value(args, "n").(type) {
		case int:
			return &m.forms[formOf(r.lang, int64(n))]
		case int64:
			return &m.forms[formOf(r.lang, n)]
		}
	}
	return &m.forms[other]
}

// value returns the argument called name, nil when there is none.
func value(args []any, name string) any {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == name {
			return args[i+1]
		}
	}
	return nil
}

// template is a text cut at its placeholders: literals[0], names[0],
// literals[1], … There is one literal more than there are names.
type template struct {
	literals []string
	names    []string
}

// appendText appends a text that is an argument of another. It does not call
// T: without recursion the compiler sees that arguments stay on the stack.
func (r *reader) appendText(b []byte, text Text) []byte {
	if text.Key == "" {
		return append(b, r.words(text.Words)...)
	}
	t := r.template(text.Key, text.Args)
	if t == nil {
		return append(b, text.Key...)
	}
	for i, name := range t.names {
		b = appendLiteral(b, t.literals[i])
		b = r.appendValue(b, name, value(text.Args, name))
	}
	return appendLiteral(b, t.literals[len(t.names)])
}

// appendValue appends an argument. A placeholder without one stays as it is
// written, so that the mistake is seen.
func (r *reader) appendValue(b []byte, name string, v any) []byte {
	switch v := v.(type) {
	case string:
		return append(b, v...)
	case int:
		return appendNumber(b, r.lang, int64(v), 10_000)
	case int64:
		return appendNumber(b, r.lang, v, 10_000)
	case Words:
		return append(b, r.words(v)...)
	}
	b = append(b, '{')
	b = append(b, name...)
	return append(b, '}')
}

// appendNumber appends n, with its thousands parted from the number `from` on.
func appendNumber(b []byte, lang Lang, n, from int64) []byte {
	if n < 0 {
		b = append(b, "\u2212"...)
		n = -n
	}
	if n < from {
		return strconv.AppendInt(b, n, 10)
	}
	gap := "\u00a0"
	if lang == EN {
		gap = ","
	}
	var room [20]byte
	digits := strconv.AppendInt(room[:0], n, 10)
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b = append(b, gap...)
		}
		b = append(b, d)
	}
	return b
}
