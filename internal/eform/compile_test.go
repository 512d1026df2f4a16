package eform

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/quick"

	"github.com/google/go-cmp/cmp"
)

func TestAWrongDefinitionIsNamedWithItsPlaceAndTheWayOut(t *testing.T) {
	t.Parallel()
	const l = "label: {ru: Ответ, en: Answer}"
	row := "row: {ru: Р, en: R}, add: {ru: Д, en: A}"
	for name, test := range map[string]struct {
		file string
		want []string // parts of the issues in order: "line:column" or words
	}{
		"no steps":                 {"steps: []\n", []string{"the form has no steps"}},
		"a step without fields":    {"steps:\n- id: a\n  title: {ru: А, en: A}\n", []string{`2:7: steps[0].fields: the step "a" asks nothing`}},
		"a key misspelt":           {oneStep("  - {id: x, kind: text, lable: {ru: А, en: A}}\n"), []string{`5:25: file: the key "lable" means nothing here. Did you mean "label"`}},
		"not YAML":                 {"steps: [\n", []string{"file:"}},
		"a step that is a list":    {"steps:\n- [a]\n", []string{"2:3: file:"}},
		"a translation missing":    {oneStep("  - {id: x, kind: text, label: {ru: Ответ}}\n"), []string{"5:10: steps[0].fields[0].label.en: the English text is missing"}},
		"a label missing":          {oneStep("  - {id: x, kind: text}\n"), []string{"label: the text is missing"}},
		"a kind misspelt":          {oneStep("  - {id: x, kind: txet, " + l + "}\n"), []string{`there is no kind "txet". Did you mean "text"`}},
		"a kind of parts only":     {oneStep("  - {id: x, kind: month, " + l + "}\n"), []string{`there is no kind "month"`}},
		"no kind":                  {oneStep("  - {id: x, " + l + "}\n"), []string{"the kind is missing"}},
		"an id with a capital":     {oneStep("  - {id: Xy, kind: text, " + l + "}\n"), []string{`the id "Xy" has the wrong shape`}},
		"an id that is a word":     {oneStep("  - {id: today, kind: text, " + l + "}\n"), []string{"is a word of expressions"}},
		"no id":                    {oneStep("  - {kind: text, " + l + "}\n"), []string{"the id is missing"}},
		"an id taken":              {oneStep("  - {id: x, kind: text, " + l + "}\n  - {id: x, kind: text, " + l + "}\n"), []string{`6:10: steps[0].fields[1].id: the id "x" is taken by steps[0].fields[0]`}},
		"a step's id taken":        {oneStep("  - {id: x, kind: text, "+l+"}\n") + "- id: only\n  title: {ru: А, en: A}\n  fields:\n  - {id: y, kind: text, " + l + "}\n", []string{"taken by another step"}},
		"a key of no effect":       {oneStep("  - {id: x, kind: text, types: [pdf], " + l + "}\n"), []string{"types has no effect on a field of kind text. It belongs to: file"}},
		"an agreement pre-ticked":  {oneStep("  - {id: x, kind: checkbox, default: true, " + l + "}\n"), []string{"default has no effect", "never given for a person"}},
		"a width that is not":      {oneStep("  - {id: x, kind: text, width: xl, " + l + "}\n"), []string{`there is no width "xl"`}},
		"nothing to choose from":   {oneStep("  - {id: x, kind: choice, " + l + "}\n"), []string{"nothing to choose from"}},
		"an option twice":          {oneStep("  - {id: x, kind: choice, " + l + ", options: [{value: a, label: {ru: А, en: A}}, {value: a, label: {ru: А, en: A}}]}\n"), []string{`"a" is there twice`}},
		"a value with a space":     {oneStep("  - {id: x, kind: choice, " + l + ", options: [{value: a b, label: {ru: А, en: A}}, {value: a, label: {ru: А, en: A}}]}\n"), []string{`"a b" has the wrong shape`}},
		"a default that is none":   {oneStep("  - {id: x, kind: date, default: завтра, " + l + "}\n"), []string{`"завтра" is no answer`}},
		"a default not offered":    {oneStep("  - {id: x, " + choice + ", default: c, " + l + "}\n"), []string{`"c" is no answer`}},
		"an unknown source":        {oneStep("  - {id: x, kind: text, prefill: person.nose, " + l + "}\n"), []string{`no source "person.nose". Sources: account.email`}},
		"a source that misfits":    {oneStep("  - {id: x, kind: text, prefill: person.fio, " + l + "}\n"), []string{"person.fio does not fit a field of kind text. Make the field of kind fio"}},
		"a code as a text":         {oneStep("  - {id: x, kind: text, prefill: person.sex, " + l + "}\n"), []string{"person.sex does not fit a field of kind text. Make the field of kind choice"}},
		"a source in a row":        {oneStep("  - {id: g, kind: group, " + l + ", " + row + ", fields: [{id: x, kind: fio, prefill: person.fio, " + l + "}]}\n"), []string{"a field of a row cannot be filled in"}},
		"a file of a type":         {oneStep("  - {id: x, kind: file, types: [exe], " + l + "}\n"), []string{`"exe" are not taken`}},
		"a file too big":           {oneStep("  - {id: x, kind: file, size: 500, " + l + "}\n"), []string{"500 megabytes"}},
		"a group without rows":     {oneStep("  - {id: g, kind: group, " + l + ", " + row + "}\n"), []string{"asks nothing"}},
		"nothing calculated":       {oneStep("  - {id: x, kind: calculated, " + l + "}\n"), []string{"nothing is calculated"}},
		"an info without text":     {oneStep("  - {id: x, kind: info}\n"), []string{"text: the text is missing"}},
		"a rule without words":     {oneStep("  - {id: x, kind: text, " + l + ", check: [{that: x != ''}]}\n"), []string{"check[0].say: the text is missing"}},
		"a name unknown":           {oneStep("  - {id: reason, kind: text, " + l + ", check: [{that: reasom == 'a', say: {ru: А, en: A}}]}\n"), []string{`steps[0].fields[0].check[0].that: there is no "reasom" here. Did you mean "reason"?`}},
		"an expression's place":    {oneStep("  - id: x\n    kind: text\n    " + l + "\n    when: true && nothing\n"), []string{"8:19: "}},
		"in quotes":                {oneStep("  - id: x\n    kind: text\n    " + l + "\n    when: \"!nothing\"\n"), []string{"8:13: "}},
		"on its second line":       {oneStep("  - id: x\n    kind: text\n    " + l + "\n    when: |\n      true\n      && nothing\n"), []string{"10:"}},
		"types that do not go":     {oneStep("  - {id: x, kind: date, " + l + ", check: [{that: x == '2026', say: {ru: А, en: A}}]}\n"), []string{"found no matching overload", "compare a text with a text"}},
		"an unquoted exclamation":  {oneStep("  - {id: x, kind: yesno, " + l + "}\n  - id: y\n    kind: text\n    " + l + "\n    when: !x\n"), []string{`Put the expression in quotes`}},
		"a condition that is none": {oneStep("  - {id: x, kind: text, " + l + ", when: 5}\n"), []string{"the expression gives int. Make it give bool"}},
		"a syntax error":           {oneStep("  - {id: x, kind: text, " + l + ", when: \"x = 5\"}\n"), []string{"Syntax error", "equality is =="}},
		"an option that is not":    {oneStep("  - {id: x, " + choice + ", " + l + "}\n  - {id: y, kind: text, when: x == 'c', " + l + "}\n"), []string{`"c" is no option of "x". Options: a, b`}},
		"an option not in a list":  {oneStep("  - {id: x, " + choice + ", " + l + "}\n  - {id: y, kind: text, when: \"x in ['a', 'c']\", " + l + "}\n"), []string{`"c" is no option of "x"`}},
		"a tick that is not":       {oneStep("  - {id: x, " + ticks + ", " + l + "}\n  - {id: y, kind: text, when: \"'c' in x\", " + l + "}\n"), []string{`"c" is no option of "x"`}},
		"a later step":             {oneStep("  - {id: x, kind: text, when: y, "+l+"}\n") + "- id: later\n  title: {ru: А, en: A}\n  fields:\n  - {id: y, kind: yesno, " + l + "}\n", []string{`it looks at "y", which is asked later, on step "later"`}},
		"a step on its own answer": {"steps:\n- id: a\n  title: {ru: А, en: A}\n  when: x\n  fields:\n  - {id: x, kind: yesno, " + l + "}\n", []string{"which is asked later"}},
		"a circle of two":          {oneStep("  - {id: x, kind: yesno, when: y, " + l + "}\n  - {id: y, kind: yesno, when: x, " + l + "}\n"), []string{"these need each other: x → y → x"}},
		"a circle of one":          {oneStep("  - {id: x, kind: yesno, when: x, " + l + "}\n"), []string{"these need each other: x → x"}},
		"a circle of values":       {oneStep("  - {id: x, kind: calculated, value: y + 1, as: integer, " + l + "}\n  - {id: y, kind: calculated, value: x + 1, as: integer, " + l + "}\n"), []string{"these need each other"}},
		"a circle through a row":   {oneStep("  - {id: g, kind: group, when: n > 0, " + l + ", " + row + ", fields: [{id: x, kind: integer, " + l + "}]}\n  - {id: n, kind: calculated, as: integer, " + l + ", value: \"sum(g.map(r, r.x))\"}\n"), []string{"these need each other"}},
		"never shown":              {oneStep("  - {id: x, kind: yesno, " + l + "}\n  - {id: y, kind: text, when: \"x && !x\", " + l + "}\n"), []string{`6:32: steps[0].fields[1].when: no answers ever show "y"`}},
		"never shown by another":   {oneStep("  - {id: x, kind: yesno, " + l + "}\n  - {id: y, kind: yesno, when: x, " + l + "}\n  - {id: z, kind: text, when: \"y && !x\", " + l + "}\n"), []string{`no answers ever show "z"`}},
		"a step never reached":     {oneStep("  - {id: x, kind: yesno, "+l+"}\n") + "- id: b\n  title: {ru: А, en: A}\n  when: \"x && !x\"\n  fields:\n  - {id: y, kind: text, " + l + "}\n", []string{`no answers ever lead to the step "b"`}},
		"groups three deep": {oneStep("  - {id: g, kind: group, " + l + ", " + row + ", fields: [{id: h, kind: group, " + l + ", " + row + ", fields: [{id: i, kind: group, " + l + ", " + row + ", fields: [{id: x, kind: text, " + l + "}]}]}]}\n"),
			[]string{"three deep"}},
		"row outside of a group": {oneStep("  - {id: x, kind: text, when: row.number > 1, " + l + "}\n"), []string{`there is no "row" here`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, issues := Parse([]byte(test.file))
			if issues == nil {
				var c *Compiled
				if c, issues = f.Compile(); c != nil {
					t.Fatal("the definition is accepted")
				}
			}
			var all []string
			for _, i := range issues {
				all = append(all, i.Error())
			}
			rest := strings.Join(all, "\n")
			for _, want := range test.want {
				_, after, found := strings.Cut(rest, want)
				if !found {
					t.Fatalf("nothing says %q in:\n%s", want, strings.Join(all, "\n"))
				}
				rest = after
			}
		})
	}
}

func TestConditionsThatCanBeMetAreNotComplainedOf(t *testing.T) {
	t.Parallel()
	const l = "label: {ru: Ответ, en: Answer}"
	for name, fields := range map[string]string{
		"a number":          "  - {id: n, kind: integer, " + l + "}\n  - {id: y, kind: text, when: n > 5, " + l + "}\n",
		"today":             "  - {id: n, kind: text, " + l + "}\n  - {id: y, kind: text, when: yearOf(today) > 2030, " + l + "}\n",
		"a date and a tick": "  - {id: d, kind: date, " + l + "}\n  - {id: b, kind: yesno, " + l + "}\n  - {id: y, kind: text, when: \"b && age(d) > 99\", " + l + "}\n",
		"something hidden":  "  - {id: b, kind: yesno, " + l + "}\n  - {id: c, kind: yesno, when: b, " + l + "}\n  - {id: y, kind: text, when: \"c || !b\", " + l + "}\n",
		"what is missing":   "  - {id: b, kind: yesno, " + l + "}\n  - {id: c, kind: yesno, when: b, " + l + "}\n  - {id: y, kind: text, when: \"!given(c)\", " + l + "}\n",
		"a calculated":      "  - {id: b, kind: yesno, " + l + "}\n  - {id: n, kind: calculated, as: integer, value: \"b ? 1 : 0\", " + l + "}\n  - {id: y, kind: text, when: n == 0, " + l + "}\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			compile(t, oneStep(fields))
		})
	}
}

func TestAnswersKeepTheirJSON(t *testing.T) {
	t.Parallel()
	a := Answers{"z": "1", "a.b": "«2»", "m": ""}
	if got, want := string(a.JSON()), `{"a.b":"«2»","m":"","z":"1"}`; got != want {
		t.Errorf("written as %s, want %s", got, want)
	}
	if err := quick.Check(func(a Answers) bool {
		for k, v := range a {
			a[k] = strings.ToValidUTF8(v, "")
		}
		b, err := ParseAnswers(a.JSON())
		return err == nil && (len(a) == 0 && len(b) == 0 || cmp.Equal(a, b))
	}, nil); err != nil {
		t.Error(err)
	}
	if _, err := ParseAnswers([]byte(`[1]`)); err == nil {
		t.Error("a list is read as answers")
	}
	if a, err := ParseAnswers([]byte("null")); err != nil || a == nil {
		t.Error("null is not read as no answers")
	}
}

func FuzzParse(f *testing.F) {
	file, err := os.ReadFile("testdata/passport.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(file))
	f.Add(oneStep("  - {id: x, kind: text, when: !x, label: {ru: А, en: A}}\n"))
	f.Add("steps: &a [*a]")
	f.Fuzz(func(t *testing.T, file string) {
		form, issues := Parse([]byte(file))
		if issues != nil {
			return
		}
		if c, issues := form.Compile(); issues == nil {
			s := c.State(Answers{}, Env{Today: day})
			s.Final()
			s.Summary()
		}
	})
}

func FuzzAnswers(f *testing.F) {
	c := passport(f)
	f.Add([]byte(`{"reason":"age","children":"r1 r2","children.r1.birth":"2025-01-01","phone":"8900"}`))
	f.Add([]byte(`{"children":"r1 r1 . ..","children.r1.name.last":"\u0000","fio.last":"А."}`))
	ctx := speaking(f, "ru")
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := ParseAnswers(data)
		if err != nil {
			return
		}
		s := c.State(a, Env{Today: day})
		final, problems := s.Final()
		for _, section := range s.Summary() {
			for _, it := range section.Items {
				it.Lines(ctx)
			}
		}
		if problems != nil {
			return
		}
		again, problems := c.State(final, Env{Today: day}).Final()
		if problems != nil || !cmp.Equal(final, again) {
			t.Errorf("what was sent reads otherwise: %v %s", said(t, problems), cmp.Diff(final, again))
		}
	})
}

// hundred is a step of 100 fields, each with a condition, and 100 rules.
func hundred(fields int) string {
	var b strings.Builder
	b.WriteString("steps:\n")
	for i := range fields {
		if i%100 == 0 {
			fmt.Fprintf(&b, "- id: s%d\n  title: {ru: Шаг, en: Step}\n  fields:\n", i/100)
		}
		when := "true"
		if i%100 > 0 {
			when = fmt.Sprintf("f%d.size() > 2 && f%d != 'нет'", i-1, i-i%100)
		}
		fmt.Fprintf(&b, "  - id: f%d\n    kind: text\n    label: {ru: Вопрос, en: Question}\n    when: %s\n    check: [{that: \"f%d.size() < 50 && !f%d.contains('ы')\", say: {ru: Нет, en: No}}]\n", i, when, i, i)
	}
	return b.String()
}

// One page: what is asked, what is wrong. Goal: at most 2 ms with its drawing.
func BenchmarkStepOfHundredFieldsAndRules(b *testing.B) {
	c := compile(b, hundred(100))
	a := Answers{}
	for i := range 100 {
		a[fmt.Sprintf("f%d", i)] = "ответ на вопрос"
	}
	b.ReportAllocs()
	for b.Loop() {
		if problems := c.State(a, Env{Today: day}).Check("s0"); problems != nil {
			b.Fatal(problems)
		}
	}
}

// Publishing a form of 400 fields. Goal: at most 100 ms.
func BenchmarkCompileFourHundredFields(b *testing.B) {
	f, issues := Parse([]byte(hundred(400)))
	if issues != nil {
		b.Fatal(issues)
	}
	for b.Loop() {
		if _, issues := f.Compile(); issues != nil {
			b.Fatal(issues)
		}
	}
}
