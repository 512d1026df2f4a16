package eform

import (
	"context"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"

	"kabinet/internal/person/ident"
	"kabinet/internal/platform/i18n"
)

// Final returns what is sent: every answer of what is asked, canonical, with
// what is known put in, calculated values worked out and hidden answers
// dropped; and what stands in the way of sending. The form is right for sending
// when there are no problems. Looking at the result with the same Today shows
// the same steps and fields.
func (s *State) Final() (Answers, []Problem) {
	final := Answers{}
	for _, step := range s.c.steps {
		if s.asked(step) {
			s.copy(final, s.root, step.fields)
		}
	}
	return final, s.CheckAll()
}

// copy writes the answers of the fields that are shown at a spot.
func (s *State) copy(to Answers, sp *spot, fields []*field) {
	for _, f := range fields {
		if f.Kind == Info || !sp.visible(f) {
			continue
		}
		path := sp.prefix + f.id
		switch {
		case f.Kind == Calculated:
			put(to, path, textOf(sp.value(f), f.As))
		case f.Kind == Group:
			if keys := f.rows(s.answers, path); len(keys) > 0 || f.required == nil {
				to.put(path, keys) // also none, where a form would begin with one
			}
			for _, row := range sp.rowsOf(f) {
				s.copy(to, row, f.fields)
			}
		case f.Kind == File:
			for _, file := range s.answers.Files(path) {
				to.Attach(path, file)
			}
		case f.kind.parts != nil:
			for i, p := range f.kind.parts {
				put(to, path+"."+p.name, canonicalOr(f.parts[i], sp.raw(f, p.name)))
			}
		default:
			put(to, path, canonicalOr(f.kind, sp.raw(f, "")))
		}
	}
}

func put(to Answers, path, value string) {
	if value != "" {
		to[path] = value
	}
}

// canonicalOr returns the canonical form, or what was typed when there is none.
func canonicalOr(k *kind, raw string) string {
	if text, err := k.canonical(raw); err == nil {
		return text
	}
	return raw
}

// Section is what was answered on one step, for looking over before sending
// and for the clerk.
type Section struct {
	Step  *Step
	Items []Item
}

// Item is one answer to look at.
type Item struct {
	Path    string // of the field: "children.r1.birth"
	Label   i18n.Words
	Row     i18n.Text    // «Ребёнок 2»; zero outside of groups
	Profile bool         // taken from the profile, not asked here
	Files   []Attachment // of a file field
	kind    Kind
	texts   []string     // canonical; parts of a value made of several in their order
	options []i18n.Words // labels of what was chosen
}

// Summary returns the answers of every step that is asked. A field that was
// left empty is there with no value.
func (s *State) Summary() (sections []Section) {
	for _, step := range s.c.steps {
		if !s.asked(step) {
			continue
		}
		if items := s.items(nil, s.root, step.fields); len(items) > 0 {
			sections = append(sections, Section{step.Step, items})
		}
	}
	return sections
}

func (s *State) items(items []Item, sp *spot, fields []*field) []Item {
	for _, f := range fields {
		if f.Kind == Info || !sp.visible(f) {
			continue
		}
		item := Item{Path: sp.prefix + f.id, Label: f.Label, Row: sp.heading(), Profile: s.fromProfile(sp, f), kind: f.shownKind()}
		switch {
		case f.Kind == Group:
			for _, row := range sp.rowsOf(f) {
				items = s.items(items, row, f.fields)
			}
			continue
		case f.Kind == Calculated:
			if text := textOf(sp.value(f), f.As); text != "" {
				item.texts = []string{text}
			}
		case f.Kind == File:
			item.Files = s.answers.Files(item.Path)
		case f.kind.parts != nil:
			for i, p := range f.kind.parts {
				item.texts = append(item.texts, canonicalOr(f.parts[i], sp.raw(f, p.name)))
			}
		default:
			if text := canonicalOr(f.kind, sp.raw(f, "")); text != "" {
				item.texts = []string{text}
			}
		}
		if f.kind.choice && len(item.texts) > 0 {
			for _, v := range strings.Fields(item.texts[0]) {
				if o := f.option(v); o != nil {
					item.options = append(item.options, o.Label)
				}
			}
		}
		items = append(items, item)
	}
	return items
}

// fromProfile reports whether the value that is shown came from what is known.
func (s *State) fromProfile(sp *spot, f *field) bool {
	if f.Prefill == "" || !s.known(f) {
		return false
	}
	if !f.Editable {
		return true
	}
	if f.kind.parts == nil {
		return sp.raw(f, "") == s.env.Facts[f.Prefill]
	}
	for _, p := range f.kind.parts {
		if sp.raw(f, p.name) != s.env.Facts[f.Prefill+"."+p.name] {
			return false
		}
	}
	return true
}

// Lines returns the answer as the reader reads it, a line for each of several;
// nothing when it was left empty. Names of files are among them.
func (it Item) Lines(ctx context.Context) (lines []string) {
	for _, f := range it.Files {
		lines = append(lines, f.Name+", "+i18n.Bytes(ctx, f.Size))
	}
	for _, o := range it.options {
		lines = append(lines, o.In(ctx))
	}
	if lines != nil || len(it.texts) == 0 || strings.Join(it.texts, "") == "" {
		return lines
	}
	switch it.kind {
	case Fio:
		return []string{strings.Join(strings.Fields(strings.Join(it.texts, " ")), " ")}
	case Passport:
		return passportLines(ctx, it.texts)
	case Bank:
		return []string{i18n.T(ctx, "eform.bank_account", "account", it.texts[1]), i18n.T(ctx, "eform.bank_bik", "bik", it.texts[0])}
	case Period:
		return []string{shown(ctx, month, it.texts[0]) + "\u00a0— " + shown(ctx, month, it.texts[1])}
	case Textarea:
		return strings.Split(it.texts[0], "\n")
	}
	return []string{shown(ctx, it.kind, it.texts[0])}
}

// passportLines shows a passport: series, number, on, code, by.
func passportLines(ctx context.Context, t []string) []string {
	lines := []string{ident.FormatPassport(t[0], t[1])}
	if t[2] != "" || t[4] != "" {
		lines = append(lines, i18n.T(ctx, "eform.passport_issued", "on", shown(ctx, Date, t[2]), "by", t[4]))
	}
	if t[3] != "" {
		lines = append(lines, i18n.T(ctx, "eform.passport_code", "code", shown(ctx, division, t[3])))
	}
	return lines
}

// shown returns a canonical value in the reader's language.
func shown(ctx context.Context, k Kind, text string) string {
	if text == "" {
		return ""
	}
	switch k {
	case Date:
		if t, err := time.Parse(time.DateOnly, text); err == nil {
			return i18n.DateShort(ctx, t)
		}
	case Money:
		if n, err := readMoney(strings.TrimPrefix(text, "-")); err == nil {
			sum := int64(kopecksOf(n).(types.Int))
			if strings.HasPrefix(text, "-") {
				sum = -sum
			}
			return i18n.Money(ctx, sum)
		}
	case YesNo, Checkbox:
		if text == "yes" || text == "no" {
			return i18n.T(ctx, "eform."+text)
		}
	case Phone:
		return i18n.Phone(text)
	}
	if show := kindOf(k).show; show != nil {
		return show(text)
	}
	return text
}
