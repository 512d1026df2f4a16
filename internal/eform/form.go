package eform

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"kabinet/internal/platform/i18n"
)

// Form is what is asked for a service, as its file says it under the key
// "form". Nothing in it is checked before [Form.Compile].
type Form struct {
	Steps    []Step    `yaml:"steps"`
	Examples []Example `yaml:"examples"`
}

// Step is one page of a form: one topic.
type Step struct {
	ID      Name       `yaml:"id"`
	Title   i18n.Words `yaml:"title"`
	Hint    i18n.Words `yaml:"hint"`
	When    Expr       `yaml:"when"`    // bool; empty: always asked
	Minutes int        `yaml:"minutes"` // time it takes to fill in; 0 counts as 2
	Fields  []Field    `yaml:"fields"`
}

// Field is one question, or an info paragraph, or a value that is calculated.
type Field struct {
	ID      Name       `yaml:"id"`
	Kind    Kind       `yaml:"kind"`
	Label   i18n.Words `yaml:"label"`
	Hint    i18n.Words `yaml:"hint"`
	Missing i18n.Words `yaml:"missing"` // said when nothing was entered; empty: a sentence by kind

	Required Expr    `yaml:"required"` // bool; empty: yes
	When     Expr    `yaml:"when"`     // bool; empty: always asked
	Check    []Check `yaml:"check"`
	// Least and Most are expressions of the field's type: the smallest and the
	// largest number, sum or date; for groups, files and multichoice their count.
	Least Expr `yaml:"least"`
	Most  Expr `yaml:"most"`
	Max   int  `yaml:"max"` // longest text in letters; 0: by kind

	Default      Scalar `yaml:"default"`
	Prefill      string `yaml:"prefill"`      // source of what is known already, see Sources
	Editable     bool   `yaml:"editable"`     // what is known stands in the field and may be changed
	Autocomplete string `yaml:"autocomplete"` // HTML autofill token; "": by kind
	Width        string `yaml:"width"`        // s, m, l; "": by kind

	Options []Option `yaml:"options"` // choice, select, multichoice

	Types []string `yaml:"types"` // file: endings without a dot; none: pdf, jpg, png
	Size  int      `yaml:"size"`  // file: largest, in megabytes of 2^20 bytes; 0: 5

	Fields []Field    `yaml:"fields"` // group
	Row    i18n.Words `yaml:"row"`    // group: heading of a row, before its number
	Add    i18n.Words `yaml:"add"`    // group: the button that adds a row

	Value Expr `yaml:"value"` // calculated
	As    Kind `yaml:"as"`    // calculated: the kind it is shown as; "": text

	Text i18n.Words `yaml:"text"` // info
}

// Option is one answer to choose.
type Option struct {
	Value string     `yaml:"value"`
	Label i18n.Words `yaml:"label"`
	Hint  i18n.Words `yaml:"hint"`
	When  Expr       `yaml:"when"` // bool; empty: always offered
}

// Check is a rule that an answer keeps, and what is said when it does not.
type Check struct {
	That Expr       `yaml:"that"`
	Say  i18n.Words `yaml:"say"`
}

// Expr is a CEL expression with its place in the file.
type Expr struct {
	Source       string
	Line, Column int
	tag          bool // written as a YAML tag: an unquoted «!»
}

// Empty reports whether nothing was written.
func (e Expr) Empty() bool { return strings.TrimSpace(e.Source) == "" }

// UnmarshalYAML reads the expression as it is written: true and 5 are
// expressions too.
func (e *Expr) UnmarshalYAML(node ast.Node) error {
	*e = Expr{Line: node.GetToken().Position.Line, Column: node.GetToken().Position.Column}
	switch n := node.(type) {
	case *ast.StringNode:
		e.Source = n.Value
		if t := n.GetToken().Origin; strings.HasPrefix(strings.TrimSpace(t), `"`) || strings.HasPrefix(strings.TrimSpace(t), "'") {
			e.Column++
		}
	case *ast.LiteralNode:
		e.Source = n.Value.Value
		e.Line++
		e.Column = n.Value.GetToken().Position.Column
	case *ast.TagNode:
		e.Source, e.tag = n.String(), true
	case *ast.NullNode:
	default:
		e.Source = node.GetToken().Value
	}
	return nil
}

// Name is an identifier with its place in the file.
type Name struct {
	Value        string
	Line, Column int
}

// String returns the identifier.
func (n Name) String() string { return n.Value }

// UnmarshalYAML reads the identifier and where it stands.
func (n *Name) UnmarshalYAML(node ast.Node) error {
	*n = Name{node.GetToken().Value, node.GetToken().Position.Line, node.GetToken().Position.Column}
	return nil
}

// Scalar is a value as it is written in the file: text, number or true/false.
type Scalar string

// UnmarshalYAML reads the value as written.
func (s *Scalar) UnmarshalYAML(node ast.Node) error {
	switch n := node.(type) {
	case *ast.BoolNode:
		*s = "no"
		if n.Value {
			*s = "yes"
		}
	case *ast.StringNode:
		*s = Scalar(n.Value)
	default:
		*s = Scalar(node.GetToken().Value)
	}
	return nil
}

// Issue is a fault of a form's definition: where it is, what is wrong and how
// to mend it. It is for the person who writes the file, hence in English.
type Issue struct {
	Line, Column int    // in the file; 0 when not known
	Path         string // "steps[0].fields[2].when"
	What, Advice string
}

// Error returns the issue as one line.
func (i Issue) Error() string {
	s := i.Path + ": " + i.What
	if i.Line > 0 {
		s = fmt.Sprintf("%d:%d: %s", i.Line, i.Column, s)
	}
	if i.Advice != "" {
		s += ". " + i.Advice
	}
	return s
}

var (
	nameShape = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	// optionShape keeps values free of the space that parts them in an answer.
	optionShape = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,60}$`)
)

// reserved names cannot be fields: CEL or the form has them already.
const reserved = " today row outer in as break const continue else for function if import let loop package namespace return var void while" +
	" true false null int uint double bool string bytes list map type timestamp duration null_type dyn number "

// Sources lists what may stand as "prefill" of a field, and the kind it is of.
// A source whose value is one string suits any text field too, and, like
// person.sex, a choice that has its values among the options.
func Sources() map[string]Kind {
	return map[string]Kind{
		"person.fio": Fio, "person.birth_date": Date, "person.birth_place": Text, "person.sex": Choice,
		"person.passport": Passport, "person.snils": SNILS, "person.inn": INN, "person.address": Address, "person.address_actual": Address,
		"person.phone": Phone, "person.email": Email, "person.bank": Bank, "account.phone": Phone, "account.email": Email,
		"person.policy": OMS, "person.abroad": ForeignPassport, "person.licence": VehicleDoc, "person.ogrnip": OGRN, "person.citizenship": Text,
		"person.employer": Text, "person.position": Text, "person.tax_residency": Text,
		"person.spouse.fio": Fio, "person.spouse.birth_date": Date, "person.spouse.snils": SNILS, "person.spouse.policy": OMS,
		"person.child.fio": Fio, "person.child.birth_date": Date, "person.child.snils": SNILS, "person.child.policy": OMS, "person.child.certificate": BirthCertificate,
	}
}
