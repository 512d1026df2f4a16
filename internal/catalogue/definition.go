package catalogue

import (
	"fmt"
	"slices"
	"time"

	"kabinet/internal/eform"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/workcal"
)

// Definition is a service as its file says it. Keys that are not marked
// optional must be there; every text is needed in both languages.
type Definition struct {
	Code    string `yaml:"code"`   // kebab-case, also the name of the file; never changes
	Number  string `yaml:"number"` // the code that people use: «НС-101»
	Agency  string `yaml:"agency"` // code of the agency, also the folder of the file
	Kind    Kind   `yaml:"kind"`
	Rank    int    `yaml:"rank" lint:"optional"` // place among popular services, 1 is the first; 0 is none
	Icon    string `yaml:"icon"`
	Title   i18n.Words
	Summary i18n.Words // a line on the card
	// Description is the beginning of the page.
	Description i18n.Words
	Keywords    Keywords // what else people call it

	Category   string   `yaml:"category"`
	Type       string   `yaml:"type"`
	Situations []string `yaml:"situations" lint:"optional"`

	Who       Who        `yaml:"who"`
	Similar   []Similar  `yaml:"similar" lint:"optional"`
	Documents []Document `yaml:"documents" lint:"optional"`

	Fee         int64      `yaml:"fee"` // kopecks; 0 is free
	Term        Term       `yaml:"term"`
	FillMinutes int        `yaml:"fill_minutes"`
	Visits      int        `yaml:"visits"`
	VisitNote   i18n.Words `yaml:"visit_note" lint:"optional"` // instead of the number of visits

	Steps     []Passage `yaml:"steps"`
	Questions []Passage `yaml:"questions" lint:"optional"`

	Signing  Signing               `yaml:"signing"`
	Routing  Routing               `yaml:"routing"`
	Consent  i18n.Words            `yaml:"consent" lint:"optional"`  // without it no data is passed on
	Statuses map[string]i18n.Words `yaml:"statuses" lint:"optional"` // see Statuses
	Result   Result                `yaml:"result"`
	Limits   Limits                `yaml:"limits" lint:"optional"`

	Form     eform.Form `yaml:"form"`
	Examples []Example  `yaml:"examples"`

	Version  int             `yaml:"-"` // 0 while not published
	Compiled *eform.Compiled `yaml:"-"`
}

// Kind tells on which side a service is offered.
type Kind string

const (
	Federal  Kind = "federal"
	Regional Kind = "regional"
)

// Level is how surely the person behind an account is known.
type Level string

const (
	Simplified Level = "simplified"
	Standard   Level = "standard"
	Confirmed  Level = "confirmed"
)

// levels, the least first.
var levels = []Level{Simplified, Standard, Confirmed}

// Allows tells whether an account of level l may use a service that needs need.
func (l Level) Allows(need Level) bool {
	return slices.Index(levels, l) >= slices.Index(levels, need)
}

// Who says who may apply.
type Who struct {
	Level Level
	Text  i18n.Words
}

// Similar names a service that is taken for this one.
type Similar struct {
	Service string
	Hint    i18n.Words // a question: «Нужна справка о составе семьи?»
}

// Source is where a document comes from.
type Source string

const (
	FromProfile Source = "profile"
	Upload      Source = "upload"
	IfNeeded    Source = "if_needed"
)

// Document is one thing to prepare.
type Document struct {
	Kind   string // of lists.yaml; the filter «Требуемый документ» asks for it
	Title  i18n.Words
	Hint   i18n.Words
	Source Source
}

// Term is how long the answer may take: a term of package workcal, or minutes.
type Term struct {
	workcal.Term `yaml:",inline"`
}

// Minutes is the unit of services that answer by themselves.
const Minutes workcal.Unit = "minutes"

// Check tells everything that is wrong with a term.
func (t Term) Check() error {
	if t.Unit != Minutes {
		return t.Term.Check()
	}
	if t.Length < 1 {
		return fmt.Errorf("length is %d, must be at least 1", t.Length)
	}
	if t.Start != "" || t.Ends != "" {
		return fmt.Errorf("minutes run from the very moment: leave out start and if_last_day_is_off")
	}
	return nil
}

// Due returns the end of the term, see workcal.Calendar.Due. A term of minutes
// does not stop for pauses.
func (t Term) Due(c *workcal.Calendar, from time.Time, pauses ...workcal.Pause) (workcal.Due, error) {
	if t.Unit != Minutes {
		return c.Due(from, t.Term, pauses...)
	}
	end := from.Add(time.Duration(t.Length) * time.Minute)
	day := workcal.DateOf(end)
	return workcal.Due{Day: day, Raw: day, End: end, Version: c.Version()}, nil
}

// days is about how many calendar days the term takes, 0 for less than a day.
func (t Term) days() int {
	switch t.Unit {
	case workcal.WorkingDays:
		return t.Length * 7 / 5
	case workcal.CalendarDays:
		return t.Length
	case workcal.Months:
		return t.Length * 30
	case workcal.Hours:
		return t.Length / 24
	}
	return 0
}

// Passage is a heading with its text: a step or a question.
type Passage struct {
	Title i18n.Words
	Text  i18n.Words
}

// Signing is how sending is confirmed.
type Signing string

const (
	SignNone Signing = "none" // sent at once
	SignCode Signing = "code" // by a code sent to the phone
)

// Routing says who decides: exactly one of the two is set.
type Routing struct {
	Connector string `yaml:"connector" lint:"optional"` // a register that answers by itself
	Queue     string `yaml:"queue" lint:"optional"`     // code of the agency whose clerks work on it
}

// String names the route as examples do: «connector:tax.income», «queue:social».
func (r Routing) String() string {
	if r.Connector != "" {
		return "connector:" + r.Connector
	}
	return "queue:" + r.Queue
}

// Statuses are the states of an application that a service may describe in its
// own words: what happens now.
var Statuses = []string{"accepted", "review", "working", "clarify", "approved", "done", "refused", "withdrawn"}

// Limits bound how often one person may apply. Zero is no limit.
type Limits struct {
	IntervalMinutes int `yaml:"interval_minutes" lint:"optional"`
	PerDay          int `yaml:"per_day" lint:"optional"`
}

// Example is answers with what must come of them.
type Example struct {
	eform.Example `yaml:",inline"`
	Route         string `yaml:"route" lint:"optional"` // as Routing.String; empty is not checked
}

// Keywords are other words for a service, by language.
type Keywords struct {
	RU []string
	EN []string
}

// Agency is who gives services.
type Agency struct {
	Code    string
	Kind    Kind
	Name    i18n.Words // whole
	Short   i18n.Words // on cards
	Phone   string     // E.164
	Email   string
	Address i18n.Words
	Hours   i18n.Words
}

// Lists are what services are sorted by, in the order of the pages.
type Lists struct {
	Categories []Entry
	Types      []Entry
	Situations []Entry
	Documents  []Entry
}

// Entry is one thing of a list.
type Entry struct {
	Code    string
	Icon    string `lint:"optional"`
	Title   i18n.Words
	Summary i18n.Words `lint:"optional"`
}

// find returns the entry of a code, nil when there is none.
func find(list []Entry, code string) *Entry {
	for i := range list {
		if list[i].Code == code {
			return &list[i]
		}
	}
	return nil
}
