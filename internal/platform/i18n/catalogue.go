package i18n

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// Catalogue holds the texts of the whole program in all languages. It does
// not change after NewCatalogue and may be used from many goroutines.
type Catalogue struct {
	messages map[Lang]map[string]*message
}

// form is a grammatical form that goes with a number.
type form int

const (
	other form = iota // texts without plural forms have only this one
	one
	few
	many
	formCount
)

var formNames = map[string]form{"one": one, "few": few, "many": many, "other": other}

// needed lists the forms that a text with plural forms must have. Numbers here
// are whole, so Russian never asks for "other".
var needed = map[Lang][]form{RU: {one, few, many}, EN: {one, other}}

// formOf returns the form that goes with n.
// Source: CLDR plural rules, whole numbers.
func formOf(lang Lang, n int64) form {
	if n < 0 {
		n = -n
	}
	if lang == EN {
		if n == 1 {
			return one
		}
		return other
	}
	switch tens, units := n%100, n%10; {
	case units == 1 && tens != 11:
		return one
	case units >= 2 && units <= 4 && (tens < 12 || tens > 14):
		return few
	default:
		return many
	}
}

type message struct {
	plural bool
	forms  [formCount]template
}

// NewCatalogue loads text.ru.json and text.en.json of each source, and the files
// beside them that are named by a topic, text.TOPIC.ru.json. Each is a JSON
// object in which a key has a text, or an object of plural forms
// {"one": …, "few": …, "many": …} (English: "one", "other"). The error lists
// every fault of all sources: a key that is given twice, is missing in a
// language, lacks a plural form, or has other {placeholders} in the other
// language.
func NewCatalogue(sources ...fs.FS) (*Catalogue, error) {
	c := &Catalogue{map[Lang]map[string]*message{RU: {}, EN: {}}}
	var faults []error
	for _, source := range sources {
		for _, lang := range []Lang{RU, EN} {
			faults = append(faults, c.loadAll(source, lang)...)
		}
	}
	faults = append(faults, c.compare()...)
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return c, nil
}

// Has reports whether the catalogue has a text for key.
func (c *Catalogue) Has(key string) bool {
	_, ok := c.messages[RU][key]
	return ok
}

// Keys returns all keys in order.
func (c *Catalogue) Keys() []string { return slices.Sorted(maps.Keys(c.messages[RU])) }

// loadAll adds the texts of every file of one language.
func (c *Catalogue) loadAll(source fs.FS, lang Lang) (faults []error) {
	topics, err := fs.Glob(source, fmt.Sprintf("text.*.%s.json", lang))
	if err != nil {
		return []error{fmt.Errorf("loading texts: %w", err)}
	}
	for _, name := range append([]string{fmt.Sprintf("text.%s.json", lang)}, topics...) {
		faults = append(faults, c.load(source, lang, name)...)
	}
	return faults
}

// load adds the texts of one file.
func (c *Catalogue) load(source fs.FS, lang Lang, name string) (faults []error) {
	file, err := fs.ReadFile(source, name)
	if err != nil {
		return []error{fmt.Errorf("loading texts: %w", err)}
	}
	// Token by token, because Unmarshal keeps silent about a key given twice.
	dec := json.NewDecoder(bytes.NewReader(file))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return []error{fmt.Errorf("%s: not a JSON object", name)}
	}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return append(faults, fmt.Errorf("%s: %w", name, err))
		}
		key := t.(string) // a name of an object is always a string
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return append(faults, fmt.Errorf("%s: %s: %w", name, key, err))
		}
		if _, twice := c.messages[lang][key]; twice {
			faults = append(faults, fmt.Errorf("%s: %s: given twice", name, key))
			continue
		}
		if feature, what, ok := strings.Cut(key, "."); !ok || feature == "" || what == "" {
			faults = append(faults, fmt.Errorf("%s: %s: a key is \"feature.what\"", name, key))
		}
		m, err := parse(lang, raw)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %s: %w", name, key, err))
		}
		c.messages[lang][key] = &m
	}
	return faults
}

// parse reads a text or its plural forms.
func parse(lang Lang, raw json.RawMessage) (m message, err error) {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		m.forms[other], err = cut(lang, text)
		return m, err
	}
	var forms map[string]string
	if json.Unmarshal(raw, &forms) != nil {
		return m, errors.New("neither a text nor plural forms")
	}
	m.plural = true
	var faults []error
	for name, text := range forms {
		f, known := formNames[name]
		if !known {
			faults = append(faults, fmt.Errorf("unknown plural form %q", name))
			continue
		}
		if m.forms[f], err = cut(lang, text); err != nil {
			faults = append(faults, err)
		}
	}
	for _, f := range needed[lang] {
		if m.forms[f].literals == nil {
			faults = append(faults, fmt.Errorf("no plural form %q", formName(f)))
		}
	}
	if m.forms[other].literals == nil { // without a number the text still has to say something
		m.forms[other] = m.forms[many]
	}
	return m, errors.Join(faults...)
}

func formName(f form) string {
	for name, g := range formNames {
		if g == f {
			return name
		}
	}
	return ""
}

// cut applies typography and cuts the text at its placeholders.
func cut(lang Lang, text string) (t template, err error) {
	if strings.TrimSpace(text) == "" {
		return t, errors.New("empty text")
	}
	if lang == RU {
		text = Glue(text)
	}
	for {
		before, rest, found := strings.Cut(text, "{")
		t.literals = append(t.literals, before)
		if !found {
			return t, nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || name == "" || strings.ContainsAny(name, " {") {
			return t, fmt.Errorf("bad placeholder in %q", text)
		}
		t.names = append(t.names, name)
		text = after
	}
}

// placeholders returns the names that the message's forms have between them.
// Plural forms always count as having {n}: «одна заявка» need not repeat it.
func (m *message) placeholders() []string {
	var names []string
	if m.plural {
		names = append(names, "n")
	}
	for _, f := range m.forms {
		names = append(names, f.names...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// compare finds what one language has and the other has not.
func (c *Catalogue) compare() (faults []error) {
	for _, key := range slices.Sorted(maps.Keys(c.messages[RU])) {
		en, ok := c.messages[EN][key]
		if !ok {
			faults = append(faults, fmt.Errorf("text.en.json: %s: missing", key))
			continue
		}
		if a, b := c.messages[RU][key].placeholders(), en.placeholders(); !slices.Equal(a, b) {
			faults = append(faults, fmt.Errorf("%s: placeholders differ: %v in Russian, %v in English", key, a, b))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(c.messages[EN])) {
		if _, ok := c.messages[RU][key]; !ok {
			faults = append(faults, fmt.Errorf("text.ru.json: %s: missing", key))
		}
	}
	return faults
}
