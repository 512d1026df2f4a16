package catalogue_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"kabinet/internal/catalogue"
	"kabinet/internal/eform"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/services"
)

// known is what the portal has, as far as the services that come with it ask.
var known = catalogue.Known{
	Icons:      strings.Fields("archive baby badge-check banknote building-2 credit-card file-check file-text hand-coins heart-pulse house id-card image map-pin receipt stethoscope users wallet wrench"),
	Connectors: []string{"tax.income"},
}

func TestTheServicesThatComeWithTheProgramAreRight(t *testing.T) {
	t.Parallel()
	for _, issue := range catalogue.Lint(services.FS, known) {
		t.Error(issue)
	}
	texts, err := i18n.NewCatalogue(ui.Texts, eform.Texts)
	if err != nil {
		t.Fatal(err)
	}
	ctx := texts.With(t.Context(), i18n.RU, noon.Location(), noon)
	run, differ := catalogue.Test(ctx, services.FS)
	if run < 20 {
		t.Errorf("only %d examples ran", run)
	}
	for _, issue := range differ {
		t.Error(issue)
	}
}

func TestLint(t *testing.T) {
	t.Parallel()
	const income, subsidy = "tax/income-certificate.yaml", "social/housing-subsidy.yaml"
	for _, c := range []struct {
		name, file, old, new string
		want                 string // file:line: what it says, a part
		advice               string
	}{
		{"a result of a field that is not asked", income, "value: answers.snils", "value: answers.snilz", `result: the form has no field snilz`, ""},
		{"a result of nowhere", income, "value: data.tax", "value: tax", `result: the value tax begins neither with answers. nor with data.`, ""},
		{"a value in a shape that there is not", income, "value: row.month, as: month", "value: row.month, as: moon", `as: moon is none of money, date, month`, ""},
		{"a step that is called like a page of ours", income, "- id: request", "- id: check", `form: a step cannot be called check`, ""},
		{"a misspelt key", income, "icon: receipt", "icom: receipt", `income-certificate.yaml:9:1: icom: there is no key "icom"`, `Did you mean "icon"?`},
		{"a key that is missing", income, "number: НС-101\n", "", `income-certificate.yaml:1:1: the key "number" is missing`, "Add it"},
		{"a key given twice", income, "agency: tax\n", "agency: tax\nagency: tax\n", `mapping key "agency" already defined`, ""},
		{"a text without English", income, "  en: Income certificate\n", "", `title: the text is missing in "en"`, "Add a line en: …"},
		{"an empty text", income, "  en: Income certificate\n", "  en: \"\"\n", "title.en: the text is empty", ""},
		{"a comma that cuts a text in two", income, "{ru: Выберите год, en: Choose the year}", "{ru: Выберите год, месяц, en: Choose the year}", `there is no language "месяц"`, "in quotes"},
		{"an unknown agency", income, "agency: tax", "agency: taxes", `agency: there is no "taxes" here`, `Did you mean "tax"?`},
		{"an agency of another folder", income, "agency: tax", "agency: city", `agency: the agency is "city" and the folder "tax"`, ""},
		{"a bad code", income, "code: income-certificate", "code: Income_Certificate", `code: "Income_Certificate" is no code`, "small Latin letters"},
		{"a code unlike the file", income, "code: income-certificate", "code: income", `the code is "income" and the file is income-certificate.yaml`, ""},
		{"a number taken", subsidy, "number: СП-201", "number: НС-101", `number: "НС-101" is taken by social/housing-subsidy.yaml`, ""},
		{"an unknown category", income, "category: documents", "category: papers", `category: there is no "papers" here`, "It may be documents, payments, applications"},
		{"an unknown icon", income, "icon: receipt", "icon: recipt", `icon: there is no "recipt" here`, `Did you mean "receipt"?`},
		{"a similar service that does not exist", income, "service: family-certificate", "service: family-cert", `similar[0].service: there is no service "family-cert"`, ""},
		{"a kind of document that does not exist", income, "kind: snils", "kind: snlis", `documents[1].kind: there is no "snlis" here`, `Did you mean "snils"?`},
		{"a fee in words", income, "fee: 0", "fee: free", "fee: a whole number is wanted here", ""},
		{"a fee below nothing", income, "fee: 0", "fee: -5", "fee: a fee cannot be less than nothing", "kopecks"},
		{"a unit that does not exist", income, "unit: minutes", "unit: fortnights", "term: unit", "working_days"},
		{"a connector that does not exist", income, "{connector: tax.income}", "{connector: tax.incomes}", `routing.connector: there is no "tax.incomes" here`, `"tax.income"`},
		{"both a connector and a queue", income, "{connector: tax.income}", "{connector: tax.income, queue: tax}", "routing: there must be either a connector or a queue", ""},
		{"a status that does not exist", income, "  working: {ru", "  worked: {ru", `statuses.worked: there is no "worked" here`, "It may be accepted, review"},
		{"a level that does not exist", income, "level: standard", "level: simple", `who.level: there is no "simple" here`, ""},
		{"a question about an answer that does not exist", income, "when: purpose == 'other'", "when: purpose == 'others'", `"others" is no option`, "bank, work, benefit, other"},
		{"broken YAML", income, "documents:\n", "documents: [\n", "income-certificate.yaml:", ""},
		{"an unknown key of a field", income, "kind: year", "kind: year\n          colour: red", `there is no key "colour"`, ""},
		{"a list that lacks English", "lists.yaml", "{ru: Документы, en: Documents}", "{ru: Документы}", `lists.yaml:5:`, "Add a line en: …"},
		{"an agency that lacks hours", "agencies.yaml", `  hours: {ru: "пн–чт 09:00–18:00, пт 09:00–16:45", en: "Mon–Thu 09:00–18:00, Fri 09:00–16:45"}` + "\n", "", `agencies.yaml:3:3: [0]: the key "hours" is missing`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			files := folder(t)
			edit(t, files, c.file, c.old, c.new)
			var all []string
			for _, issue := range catalogue.Lint(files, known) {
				all = append(all, issue.String())
				if strings.Contains(issue.String(), c.want) && strings.Contains(issue.Advice, c.advice) && issue.Line > 0 {
					return
				}
			}
			t.Errorf("no %q with %q among:\n%s", c.want, c.advice, strings.Join(all, "\n"))
		})
	}
}

func TestLintFindsAllFaultsOfAllFilesAtOnce(t *testing.T) {
	t.Parallel()
	files := folder(t)
	edit(t, files, "tax/income-certificate.yaml", "icon: receipt", "icom: receipt")
	edit(t, files, "tax/income-certificate.yaml", "  en: Income certificate\n", "")
	edit(t, files, "social/housing-subsidy.yaml", "fee: 0", "fee: none")
	edit(t, files, "city/yard-problem.yaml", "kind: regional", "kind: local")
	edit(t, files, "city/yard-problem.yaml", "signing: none", "signing: stamp")
	got := map[string]int{}
	for _, issue := range catalogue.Lint(files, known) {
		got[issue.File]++
	}
	// The misspelt icon is both unknown and missing.
	want := map[string]int{"tax/income-certificate.yaml": 3, "social/housing-subsidy.yaml": 1, "city/yard-problem.yaml": 2}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("found %v, want %v", got, want)
	}
}

func TestAnEmptyFolderIsSaidToBeSo(t *testing.T) {
	t.Parallel()
	var all []string
	for _, issue := range catalogue.Lint(fstest.MapFS{}, known) {
		all = append(all, issue.String())
	}
	if said := strings.Join(all, "\n"); !strings.Contains(said, "lists.yaml") || !strings.Contains(said, "there are no services") {
		t.Error(said)
	}
}

func TestAnExampleThatDoesNotHoldIsReported(t *testing.T) {
	t.Parallel()
	files := folder(t)
	edit(t, files, "social/housing-subsidy.yaml", "values: {share: 30}", "values: {share: 31}")
	edit(t, files, "city/yard-problem.yaml", "route: queue:city", "route: queue:social")
	_, differ := catalogue.Test(t.Context(), files)
	var said []string
	for _, d := range differ {
		said = append(said, d.String())
	}
	all := strings.Join(said, "\n")
	for _, want := range []string{"an owner whose bills are high", "route is queue:city, not queue:social"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not reported in:\n%s", want, all)
		}
	}
}
