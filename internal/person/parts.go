package person

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"kabinet/internal/person/ident"
	"kabinet/internal/platform/i18n"
)

// Parts that the holder keeps to have forms filled in. Nobody verifies them.
const (
	Policy  Part = "policy"   // of obligatory medical insurance
	Abroad  Part = "abroad"   // passport for travelling
	Licence Part = "licence"  // to drive
	Status  Part = "status"   // citizenship, entrepreneur's number
	Extra   Part = "extra"    // work, education, taxes: kept by consent alone
	Family  Part = "relative" // kept by consent alone; its records have pages of their own
)

// own are those of them that have one form.
var own = []Part{Policy, Abroad, Licence, Status, Extra}

// editable are all parts with a form.
var editable = []Part{Identity, Passport, Numbers, Home, Policy, Abroad, Licence, Status, Extra}

// byConsent reports whether a part is kept only while the person agrees.
func (p Part) byConsent() bool { return p == Extra || p == Family }

// key reports whether the account's level stands on the part.
func (p Part) key() bool { return p == Identity || p == Passport || p == Numbers }

// section is a group of parts on the page.
type section struct {
	Name  string
	Parts []Part
}

func sections() []section {
	return []section{
		{"personal", []Part{Identity, Status}},
		{"papers", []Part{Passport, Numbers, Policy, Abroad, Licence}},
		{"addresses", []Part{Home}},
		{"more", []Part{Extra}},
	}
}

// datum is one value of a part that the holder keeps.
type datum struct {
	name    string // of its field and its text, person.NAME
	fact    string // by which forms ask for it, "" for none
	in      func(*Person) *string
	check   func(string) i18n.Text       // nil: any text
	parse   func(string) (string, error) // canonical form of what passed the check; nil: as typed
	show    func(string) string          // the canonical form as people write it; nil: as it is
	day     bool                         // a date
	digits  bool                         // typed on the keyboard of numbers
	options []string                     // of a choice: texts person.NAME_OPTION
	hinted  bool                         // has the text person.NAME_hint
}

// data are the values of a part of own.
func data(part Part, now func() time.Time) []datum {
	switch part {
	case Policy:
		return []datum{
			{name: "policy_series", hinted: true, in: func(p *Person) *string { return &p.PolicySeries }, check: checkDigits(6, "person.policy_series_wrong"), parse: bareDigits, digits: true},
			{name: "policy_number", hinted: true, fact: "person.policy", in: func(p *Person) *string { return &p.PolicyNumber }, check: checkPolicy, parse: bareDigits, digits: true},
		}
	case Abroad:
		return []datum{
			{name: "abroad_number", hinted: true, fact: "person.abroad", in: func(p *Person) *string { return &p.AbroadNumber }, check: checkBy(ident.ParseForeignPassport, "person.abroad_wrong"),
				parse: ident.ParseForeignPassport, show: ident.FormatForeignPassport, digits: true},
			{name: "abroad_issued_on", in: func(p *Person) *string { return &p.AbroadIssuedOn }, check: pastDate(now), day: true},
			{name: "abroad_until", in: func(p *Person) *string { return &p.AbroadUntil }, check: anyDate, day: true},
			{name: "abroad_issued_by", in: func(p *Person) *string { return &p.AbroadIssuedBy }},
		}
	case Licence:
		return []datum{
			{name: "licence_number", hinted: true, fact: "person.licence", in: func(p *Person) *string { return &p.LicenceNumber }, check: checkBy(ident.ParseVehicleCertificate, "person.licence_wrong"),
				parse: ident.ParseVehicleCertificate, show: ident.FormatVehicleCertificate},
			{name: "licence_categories", hinted: true, in: func(p *Person) *string { return &p.LicenceCategories }, check: checkCategories, parse: parseCategories},
			{name: "licence_issued_on", in: func(p *Person) *string { return &p.LicenceIssuedOn }, check: pastDate(now), day: true},
			{name: "licence_until", in: func(p *Person) *string { return &p.LicenceUntil }, check: anyDate, day: true},
		}
	case Status:
		return []datum{
			{name: "citizenship", fact: "person.citizenship", in: func(p *Person) *string { return &p.Citizenship }},
			{name: "ogrnip", hinted: true, fact: "person.ogrnip", in: func(p *Person) *string { return &p.OGRNIP }, check: checkOGRNIP, parse: ident.ParseOGRN, digits: true},
		}
	case Extra:
		return []datum{
			{name: "employer", fact: "person.employer", in: func(p *Person) *string { return &p.Employer }},
			{name: "position", fact: "person.position", in: func(p *Person) *string { return &p.Position }},
			{name: "education", in: func(p *Person) *string { return &p.Education }, options: []string{"basic", "secondary", "vocational", "higher", "degree"}},
			{name: "marital", in: func(p *Person) *string { return &p.Marital }, options: []string{"single", "married", "divorced", "widowed"}},
			{name: "tax_residency", hinted: true, fact: "person.tax_residency", in: func(p *Person) *string { return &p.TaxResidency }},
		}
	}
	return nil
}

// Kin is who a relative is.
type Kin string

// The kinds of relatives.
const (
	Child  Kin = "child"
	Spouse Kin = "spouse"
)

var kins = []Kin{Child, Spouse}

// maxFamily is how many relatives are kept at most.
const maxFamily = 20

// Relative is somebody of the family, as the holder says.
type Relative struct {
	ID          string `json:"id"`
	Kin         Kin    `json:"kin"`
	Surname     string `json:"surname"`
	Name        string `json:"name"`
	Patronymic  string `json:"patronymic,omitempty"`
	BirthDate   string `json:"birth_date,omitempty"`
	SNILS       string `json:"snils,omitempty"`
	Policy      string `json:"policy,omitempty"`      // 16 digits
	Certificate string `json:"certificate,omitempty"` // of birth: «II-АЛ 123456»
	IssuedOn    string `json:"issued_on,omitempty"`   // the certificate
	IssuedBy    string `json:"issued_by,omitempty"`
}

// FullName is «Соколов Пётр Андреевич».
func (r Relative) FullName() string {
	return strings.Join(strings.Fields(r.Surname+" "+r.Name+" "+r.Patronymic), " ")
}

// relative returns one of the family, false when there is none such.
func (p Person) relative(id string) (Relative, bool) {
	for _, r := range p.Relatives {
		if r.ID == id {
			return r, true
		}
	}
	return Relative{}, false
}

// until is the last day on which the paper of a part is good, "" when it has
// none.
func (p Person) until(part Part) string {
	switch part {
	case Abroad:
		return p.AbroadUntil
	case Licence:
		return p.LicenceUntil
	}
	return ""
}

// outdated reports whether the paper of a part is past its day, or should have
// been exchanged: registers know better, so this only warns.
func (p Person) outdated(part Part, now time.Time) bool {
	if part == Passport {
		return p.passportOver(now)
	}
	last := p.until(part)
	return last != "" && last < now.Format(time.DateOnly)
}

// passportOver: a passport is exchanged at 20 and at 45 years, within 90 days.
// Source: domain 1.7.
func (p Person) passportOver(now time.Time) bool {
	born, err := time.Parse(time.DateOnly, p.BirthDate)
	if err != nil || p.PassportIssuedOn == "" {
		return false
	}
	return slices.ContainsFunc([]int{20, 45}, func(age int) bool {
		day := born.AddDate(age, 0, 0)
		return p.PassportIssuedOn < day.Format(time.DateOnly) && now.After(day.AddDate(0, 0, 90))
	})
}

// without returns p as it is after a part was deleted. The name stays: it is
// how the portal calls its holder.
func (p Person) without(part Part) Person {
	name := p
	if part == Family {
		p.Relatives = nil
	} else {
		p = p.take(part, Person{})
	}
	if part == Identity {
		p.Surname, p.Name, p.Patronymic = name.Surname, name.Name, name.Patronymic
	}
	p.Verified = slices.DeleteFunc(slices.Clone(p.Verified), func(v Part) bool { return v == part })
	return p
}

// Checks of what is typed.

func bareDigits(typed string) (string, error) {
	return strings.Map(func(c rune) rune {
		if unicode.IsDigit(c) {
			return c
		}
		return -1
	}, typed), nil
}

// spaced returns what was typed without the spaces and hyphens that people put
// into numbers.
func spaced(typed string) string {
	return strings.Map(func(c rune) rune {
		if c == ' ' || c == '\u00a0' || c == '-' {
			return -1
		}
		return c
	}, typed)
}

// checkDigits takes n digits.
func checkDigits(n int, key string) func(string) i18n.Text {
	return func(typed string) i18n.Text {
		if s := spaced(typed); len(s) != n || strings.Trim(s, "0123456789") != "" || strings.Trim(s, "0") == "" {
			return i18n.K(key)
		}
		return i18n.Text{}
	}
}

func checkBy(parse func(string) (string, error), key string) func(string) i18n.Text {
	return func(typed string) i18n.Text {
		if _, err := parse(typed); err != nil {
			return i18n.K(key)
		}
		return i18n.Text{}
	}
}

// checkPolicy takes the 16 digits of the number that everybody has one of, or
// the 10 of an old policy, which has a series too.
func checkPolicy(typed string) i18n.Text {
	if len(spaced(typed)) == 10 {
		return checkDigits(10, "person.policy_wrong")(typed)
	}
	_, err := ident.ParseOMS(typed)
	return reason("policy", err)
}

func checkOGRNIP(typed string) i18n.Text {
	if len(spaced(typed)) != 15 {
		return i18n.K("person.ogrnip_wrong")
	}
	_, err := ident.ParseOGRN(typed)
	return reason("ogrnip", err)
}

// anyDate checks a day that may lie ahead: the end of a term.
func anyDate(typed string) i18n.Text {
	day, ok := parseDate(typed)
	switch {
	case !ok:
		return i18n.K("person.date_wrong")
	case day < "1990-01-01" || day > "2099-12-31":
		return i18n.K("person.date_term")
	}
	return i18n.Text{}
}

// categories are those of a driving licence.
var categories = []string{"A", "A1", "B", "B1", "BE", "C", "C1", "CE", "C1E", "D", "D1", "DE", "D1E", "M", "TM", "TB"}

// parseCategories returns them as «B, B1, M», in capitals of the Latin alphabet.
func parseCategories(typed string) (string, error) {
	typed = strings.NewReplacer("А", "A", "В", "B", "С", "C", "Е", "E", "М", "M", "Т", "T").Replace(strings.ToUpper(typed))
	list := strings.FieldsFunc(typed, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
	for _, one := range list {
		if !slices.Contains(categories, one) {
			return "", ident.Characters
		}
	}
	return strings.Join(list, ", "), nil
}

func checkCategories(typed string) i18n.Text {
	if _, err := parseCategories(typed); err != nil {
		return i18n.K("person.licence_categories_wrong")
	}
	return i18n.Text{}
}

func checkCertificate(typed string) i18n.Text {
	if _, err := ident.ParseBirthCertificate(typed); err != nil {
		return i18n.K("person.certificate_wrong")
	}
	return i18n.Text{}
}
