package catalogue

import (
	"slices"
	"strings"

	"kabinet/internal/eform"
	"kabinet/internal/platform/i18n"
)

// Result is the document that the person gets.
type Result struct {
	Title       i18n.Words
	Text        i18n.Words `lint:"optional"` // before everything else
	Lines       []Line     `lint:"optional"`
	Table       *Table     `lint:"optional"`
	ValidMonths int        `yaml:"valid_months" lint:"optional"` // 0 is without end
}

// Value names where a value of a document comes from: "answers." and the path
// of a field, "data." and a name that the connector gives, or, in a table,
// "row." and a name.
type Value string

// In returns the rest of the value's name when it comes from a source.
func (v Value) In(source string) (name string, ok bool) {
	return strings.CutPrefix(string(v), source+".")
}

// Shape is how a value of a connector is written.
type Shape string

const (
	AsText  Shape = ""
	AsMoney Shape = "money" // kopecks
	AsDate  Shape = "date"  // 2006-01-02
	AsMonth Shape = "month" // 1–12
)

// Line is a named value. It is left out when it has no value.
type Line struct {
	Label i18n.Words
	Value Value
	As    Shape `lint:"optional"` // answers know their own
}

// Table shows the rows that a connector gives.
type Table struct {
	Columns []TableColumn
	None    i18n.Words // said when there are no rows
}

// TableColumn is a column of a Table.
type TableColumn struct {
	Title i18n.Words
	Value Value
	As    Shape `lint:"optional"`
	Share int   `lint:"optional"` // of the width, in the measure of the other columns; 0 is 1
	Total bool  `lint:"optional"` // the last row adds it up; only of money
}

// faults tells what is wrong with the values that a result names.
func (r *Result) faults(form eform.Form) (all []string) {
	fields := map[string]bool{}
	for _, step := range form.Steps {
		for _, f := range step.Fields {
			fields[f.ID.Value] = true
		}
	}
	shapes := []Shape{AsText, AsMoney, AsDate, AsMonth}
	for _, l := range r.Lines {
		path, answer := l.Value.In("answers")
		_, data := l.Value.In("data")
		switch {
		case !answer && !data:
			all = append(all, "the value "+string(l.Value)+" begins neither with answers. nor with data.")
		case answer && !fields[path]:
			all = append(all, "the form has no field "+path)
		case !slices.Contains(shapes, l.As):
			all = append(all, "as: "+string(l.As)+" is none of money, date, month")
		}
	}
	if r.Table == nil {
		return all
	}
	for _, c := range r.Table.Columns {
		switch _, row := c.Value.In("row"); {
		case !row:
			all = append(all, "the value "+string(c.Value)+" of a column does not begin with row.")
		case !slices.Contains(shapes, c.As):
			all = append(all, "as: "+string(c.As)+" is none of money, date, month")
		case c.Total && c.As != AsMoney:
			all = append(all, "only a column of money can have a total")
		}
	}
	return all
}
