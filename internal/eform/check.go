package eform

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"kabinet/internal/person/ident"
	"kabinet/internal/platform/i18n"
)

// Problem is an answer that cannot be sent, and how to mend it.
type Problem struct {
	Step  string     // ID of the step
	Path  string     // of the input: "fio.last", "children.r1.birth"
	Field string     // path of the field: "fio", "children.r1.birth"
	Label i18n.Words // of the field
	Row   i18n.Text  // «Ребёнок 2»; zero outside of groups
	Text  i18n.Text  // what to do, as a sentence without its full stop
	Code  string     // "required", "rule", "snils.check_digit": stable, for examples, logs and partners
}

// Check returns what is wrong on a step, in the order of its fields; nothing
// for a step that is not asked.
func (s *State) Check(step string) []Problem {
	at := s.c.step(step)
	if at == nil || !s.asked(at) {
		return nil
	}
	k := &checker{s: s}
	k.fields(s.root, at.fields)
	return k.problems
}

// CheckAll returns what is wrong on all steps that are asked.
func (s *State) CheckAll() (problems []Problem) {
	for _, step := range s.c.steps {
		problems = append(problems, s.Check(step.ID.Value)...)
	}
	return problems
}

// checker gathers problems.
type checker struct {
	s        *State
	problems []Problem
}

func (k *checker) say(sp *spot, f *field, part, code string, text i18n.Text) {
	path := sp.prefix + f.id
	if part != "" {
		path += "." + part
	}
	k.problems = append(k.problems, Problem{f.step.ID.Value, path, sp.prefix + f.id, f.Label, sp.heading(), text, code})
}

func (k *checker) fields(sp *spot, fields []*field) {
	for _, f := range fields {
		if f.Kind == Info || !sp.visible(f) {
			continue
		}
		before := len(k.problems)
		switch {
		case f.Kind == Calculated:
		case f.Kind == Group:
			k.group(sp, f)
		case f.Kind == File, f.Kind == Multichoice:
			k.list(sp, f)
		case f.kind.parts != nil:
			k.whole(sp, f)
		default:
			k.single(sp, f)
		}
		if len(k.problems) == before {
			k.rules(sp, f)
		}
	}
}

// missing says that nothing was entered. part is "" for a field of one value.
func (k *checker) missing(sp *spot, f *field, part string) {
	text := f.Missing.Text()
	switch {
	case f.Missing != i18n.Words{}:
	case part != "":
		text = i18n.K("eform.missing_part_" + part)
	default:
		text = i18n.K("eform.missing_"+missingClass(f.Kind), "label", f.Label)
	}
	k.say(sp, f, part, "required", text)
}

// missingClass groups kinds about which the same is said.
func missingClass(k Kind) string {
	switch k {
	case Choice, Select, Multichoice, YesNo:
		return "choice"
	case Date, Year, Checkbox, File, Phone, Email, SNILS, INN:
		return string(k)
	case Number, Integer, Money:
		return "number"
	case Group:
		return "group"
	}
	return "text"
}

// single checks a field of one value.
func (k *checker) single(sp *spot, f *field) {
	text, ok := k.text(sp, f, "", f.kind, f.Kind)
	if !ok {
		return
	}
	if text == "" {
		if sp.required(f) {
			k.missing(sp, f, "")
		}
		return
	}
	if f.kind.choice && !slices.ContainsFunc(sp.offers(f), func(o *Option) bool { return o.Value == text }) {
		k.say(sp, f, "", "choice", i18n.K("eform.choice_shape", "label", f.Label))
		return
	}
	if f.kind.bounds {
		k.bounds(sp, f, text)
	}
}

// text returns what stands in an input, canonical, and says what is wrong with
// it: too long or not to be read.
func (k *checker) text(sp *spot, f *field, part string, kind *kind, named Kind) (text string, ok bool) {
	raw := sp.raw(f, part)
	limit := kind.max
	if f.Max > 0 {
		limit = f.Max
	}
	if n := utf8.RuneCountInString(raw); n > limit {
		k.say(sp, f, part, "too_long", i18n.K("eform.too_long", "n", n-limit, "limit", limit))
		return "", false
	}
	text, err := kind.canonical(raw)
	var reason ident.Reason
	var key unread
	switch {
	case err == nil:
		return text, true
	case errors.As(err, &key):
		k.say(sp, f, part, strings.Replace(strings.TrimPrefix(string(key), "eform."), "_", ".", 1), i18n.K(string(key), "label", f.Label))
	case errors.As(err, &reason) && reason == ident.CheckDigit:
		k.say(sp, f, part, string(named)+"."+string(reason), i18n.K("eform."+string(named)+"_check"))
	case errors.As(err, &reason):
		k.say(sp, f, part, string(named)+"."+string(reason), i18n.K("eform."+string(named)+"_shape"))
	}
	return "", false
}

// bounds compares a value with the least and the most that is allowed.
func (k *checker) bounds(sp *spot, f *field, text string) {
	value := f.kind.value(text)
	for _, b := range []struct {
		limit *program
		wrong ref.Val // what comparing gives when it is over the limit
		code  string
	}{{f.least, types.IntNegOne, "least"}, {f.most, types.IntOne, "most"}} {
		if b.limit == nil {
			continue
		}
		limit := sp.s.eval(b.limit, sp)
		if limit == nil || types.IsUnknown(limit) {
			continue
		}
		if value.(traits.Comparer).Compare(limit) == b.wrong {
			key := "eform.number_" + b.code
			switch f.Kind {
			case Date, Money:
				key = "eform." + string(f.Kind) + "_" + b.code
			}
			k.say(sp, f, "", b.code, i18n.K(key, "limit", written(limit, f.Kind)))
			return
		}
	}
}

// count returns how many a bound allows, or by default.
func (k *checker) count(sp *spot, limit *program, otherwise int) int {
	if limit != nil {
		if n, ok := sp.s.eval(limit, sp).(types.Int); ok {
			return int(n)
		}
	}
	return otherwise
}

// limits returns the least and the most rows, files or ticks.
func (sp *spot) limits(f *field) (least, most int) {
	k := checker{s: sp.s}
	if sp.required(f) {
		least = 1
	}
	most = 20
	switch f.Kind {
	case File:
		most = 1
	case Multichoice:
		most = len(f.Options)
	}
	return k.count(sp, f.least, least), k.count(sp, f.most, most)
}

// list checks files and ticks.
func (k *checker) list(sp *spot, f *field) {
	set, _ := readSet(sp.raw(f, "")) // never fails
	values := strings.Fields(set)
	least, most := sp.limits(f)
	what := "files"
	if f.Kind == Multichoice {
		what = "ticks"
		for _, v := range values {
			if !slices.ContainsFunc(sp.offers(f), func(o *Option) bool { return o.Value == v }) {
				k.say(sp, f, "", "choice", i18n.K("eform.choice_shape", "label", f.Label))
				return
			}
		}
	}
	switch {
	case len(values) == 0 && sp.required(f):
		k.missing(sp, f, "")
	case len(values) == 0:
	case len(values) < least:
		k.say(sp, f, "", "least", i18n.K("eform."+what+"_least", "n", least))
	case len(values) > most:
		k.say(sp, f, "", "most", i18n.K("eform."+what+"_most", "n", most))
	}
}

// group checks the number of rows and every row.
func (k *checker) group(sp *spot, f *field) {
	rows := sp.rowsOf(f)
	least, most := sp.limits(f)
	switch {
	case len(rows) == 0 && least > 0:
		k.missing(sp, f, "")
	case len(rows) < least:
		k.say(sp, f, "", "least", i18n.K("eform.rows_least", "n", least))
	case len(rows) > most:
		k.say(sp, f, "", "most", i18n.K("eform.rows_most", "n", most))
	}
	for _, row := range rows {
		k.fields(row, f.fields)
	}
}

// whole checks a field made of several values.
func (k *checker) whole(sp *spot, f *field) {
	before := len(k.problems)
	texts := make([]string, len(f.parts))
	empty := true
	for i, p := range f.kind.parts {
		var ok bool
		texts[i], ok = k.text(sp, f, p.name, f.parts[i], p.kind)
		empty = empty && ok && texts[i] == ""
	}
	if empty {
		if !sp.required(f) {
			return
		}
		if (f.Missing != i18n.Words{}) {
			k.missing(sp, f, f.kind.parts[0].name)
			return
		}
	}
	for i, p := range f.kind.parts {
		wrong := slices.ContainsFunc(k.problems[before:], func(w Problem) bool { return w.Path == sp.prefix+f.id+"."+p.name })
		if texts[i] == "" && !p.optional && !wrong {
			k.missing(sp, f, p.name)
		}
	}
	if len(k.problems) == before {
		k.together(sp, f, texts)
	}
	slices.SortStableFunc(k.problems[before:], func(a, b Problem) int { return f.order(sp, a.Path) - f.order(sp, b.Path) })
}

// order returns the place of a part among the parts.
func (f *field) order(sp *spot, path string) int {
	return slices.IndexFunc(f.kind.parts, func(p partOf) bool { return path == sp.prefix+f.id+"."+p.name })
}

// together checks what parts must keep with each other.
func (k *checker) together(sp *spot, f *field, texts []string) {
	switch f.Kind {
	case Period:
		if texts[0] > texts[1] {
			k.say(sp, f, "to", "period.order", i18n.K("eform.period_order"))
		}
	case Passport:
		if _, _, err := ident.ParsePassport(texts[0], texts[1]); err != nil {
			k.say(sp, f, "number", "passport.zeros", i18n.K("eform.number6_shape"))
		} else if on := dateOf(texts[2]); on.(traits.Comparer).Compare(sp.s.today) == types.IntOne {
			k.say(sp, f, "on", "passport.future", i18n.K("eform.passport_future"))
		}
	case Bank:
		if _, err := ident.ParseBankAccount(texts[0], texts[1]); err != nil {
			k.say(sp, f, "account", "account.check_digit", i18n.K("eform.account_check"))
		}
	}
}

// rules makes the checks that the form's author wrote; the first that fails is
// said. A check that hangs on something not given is not made.
func (k *checker) rules(sp *spot, f *field) {
	for i, p := range f.checks {
		out := sp.s.eval(p, sp)
		if out == types.True || out != nil && types.IsUnknown(out) {
			continue
		}
		part := ""
		if f.kind.parts != nil {
			part = f.kind.parts[0].name
		}
		k.say(sp, f, part, "rule", f.Check[i].Say.Text())
		return
	}
}
