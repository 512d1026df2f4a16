package consent

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"kabinet/internal/platform/i18n"
)

//go:embed texts/*.yaml
var textFiles embed.FS

// text is the wording of a consent in both languages, one file of texts/.
// Placeholders: {operator} with name and address, {recipient}, {service}.
type text struct {
	purpose    Purpose
	version    string
	Required   bool         `yaml:"required"` // there is no account without it
	Asked      bool         `yaml:"asked"`    // given and renewed in the settings, not where something is done
	Months     int          `yaml:"months"`   // how long it holds; 0 is until it is withdrawn
	Title      i18n.Words   `yaml:"title"`
	Intro      i18n.Words   `yaml:"intro"`
	Aim        i18n.Words   `yaml:"aim"`
	Data       []i18n.Words `yaml:"data"`
	Actions    i18n.Words   `yaml:"actions"`
	Recipients i18n.Words   `yaml:"recipients"`
	Term       i18n.Words   `yaml:"term"`
	Withdrawal i18n.Words   `yaml:"withdrawal"`
	Stops      []i18n.Words `yaml:"stops"`
	Stays      []i18n.Words `yaml:"stays"`
}

// library is every version of every text, the newest last.
type library map[Purpose][]text

// readTexts returns the texts of a folder, or all that is wrong with them.
func readTexts(files fs.FS) (library, error) {
	names, err := fs.Glob(files, "texts/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("listing the texts of consents: %w", err)
	}
	all := library{}
	var faults []error
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("reading the texts of consents: %w", err)
		}
		var t text
		if err := yaml.UnmarshalWithOptions(data, &t, yaml.Strict()); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", name, err))
			continue
		}
		purpose, version, _ := strings.Cut(strings.TrimSuffix(path.Base(name), ".yaml"), ".")
		t.purpose, t.version = Purpose(purpose), version
		faults = append(faults, t.check(name))
		all[t.purpose] = append(all[t.purpose], t)
	}
	for _, versions := range all {
		slices.SortFunc(versions, func(a, b text) int { return strings.Compare(a.version, b.version) })
	}
	for _, p := range []Purpose{Data, Signature, Extra, Bank, Identity, Processing} {
		if len(all[p]) == 0 {
			faults = append(faults, fmt.Errorf("there is no text for %s", p))
		}
	}
	return all, errors.Join(faults...)
}

// check returns what a text lacks that the law wants.
func (t *text) check(name string) error {
	var faults []error
	if t.version == "" {
		faults = append(faults, fmt.Errorf("%s: the name must be PURPOSE.VERSION.yaml", name))
	}
	for what, words := range map[string][]i18n.Words{"title": {t.Title}, "intro": {t.Intro}, "aim": {t.Aim}, "data": t.Data, "actions": {t.Actions},
		"recipients": {t.Recipients}, "term": {t.Term}, "withdrawal": {t.Withdrawal}, "stops": t.Stops} {
		if len(words) == 0 || slices.ContainsFunc(words, func(w i18n.Words) bool { return w.RU == "" || w.EN == "" }) {
			faults = append(faults, fmt.Errorf("%s: %s is missing in a language", name, what))
		}
	}
	return errors.Join(faults...)
}

// current returns the text that is asked for now, false when there is none.
func (l library) current(p Purpose) (text, bool) {
	versions := l[p]
	if len(versions) == 0 {
		return text{}, false
	}
	return versions[len(versions)-1], true
}

// version returns one wording, false when there is none such.
func (l library) version(p Purpose, version string) (text, bool) {
	for _, t := range l[p] {
		if t.version == version {
			return t, true
		}
	}
	return text{}, false
}

// asked are the texts that stand in the settings, the required ones first.
func (l library) asked() (all []text) {
	for _, p := range []Purpose{Data, Signature, Extra} {
		if t, ok := l.current(p); ok && t.Asked {
			all = append(all, t)
		}
	}
	return all
}

// until is the end of a consent given at a time, zero when it has none.
func (t *text) until(given time.Time) time.Time {
	if t.Months == 0 {
		return time.Time{}
	}
	return given.AddDate(0, t.Months, 0)
}

// document fills the text in.
func (t *text) document(lang i18n.Lang, operator string, v Values) Document {
	fill := strings.NewReplacer("{operator}", operator, "{recipient}", v.Recipient, "{service}", v.Service)
	one := func(w i18n.Words) string {
		if lang == i18n.EN {
			return fill.Replace(w.EN)
		}
		return fill.Replace(w.RU)
	}
	list := func(words []i18n.Words) (lines []string) {
		for _, w := range words {
			lines = append(lines, one(w))
		}
		return lines
	}
	d := Document{Purpose: t.purpose, Version: t.version, Lang: lang, Title: one(t.Title), Intro: one(t.Intro), Aim: one(t.Aim), Data: list(t.Data), Actions: one(t.Actions),
		Recipients: one(t.Recipients), Term: one(t.Term), Withdrawal: one(t.Withdrawal), Stops: list(t.Stops), Stays: list(t.Stays)}
	if len(v.Data) > 0 {
		d.Data = v.Data
	}
	return d
}
