package person

import (
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kabinet/internal/person/ident"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
)

var (
	// ErrVerified is returned for a change of a part that was verified.
	ErrVerified = fault.New(fault.Conflict, "person.verified")
	// ErrChanged is returned when the part was changed elsewhere meanwhile.
	ErrChanged = fault.New(fault.Conflict, "person.changed")
	// ErrNoPart is returned for a part that does not exist.
	ErrNoPart = fault.New(fault.NotFound, "person.no_part")
)

// Part is a group of data that is shown, verified and changed as a whole.
type Part string

// The parts.
const (
	Identity Part = "identity" // name, birth, sex
	Passport Part = "passport"
	Numbers  Part = "numbers" // СНИЛС and ИНН
	Home     Part = "home"    // addresses
)

// path is the end of the address of the part's page. /profile/identity is where
// who somebody is gets proved.
func (p Part) path() string {
	if p == Identity {
		return "name"
	}
	return string(p)
}

// Parts are all of them in the order in which they are shown.
var Parts = []Part{Identity, Passport, Numbers, Home}

// Sex as documents write it.
type Sex string

// The sexes; "" is not said.
const (
	Female Sex = "f"
	Male   Sex = "m"
)

// Person is who somebody is. Every value is in canonical form, "" when it is
// not known.
type Person struct {
	Surname    string `json:"surname,omitempty"`
	Name       string `json:"name,omitempty"`
	Patronymic string `json:"patronymic,omitempty"`
	BirthDate  string `json:"birth_date,omitempty"` // 1991-03-14
	BirthPlace string `json:"birth_place,omitempty"`
	Sex        Sex    `json:"sex,omitempty"`

	PassportSeries   string `json:"passport_series,omitempty"` // 4 digits
	PassportNumber   string `json:"passport_number,omitempty"` // 6 digits
	PassportIssuedBy string `json:"passport_issued_by,omitempty"`
	PassportIssuedOn string `json:"passport_issued_on,omitempty"` // 2011-03-20
	DivisionCode     string `json:"division_code,omitempty"`      // 6 digits

	SNILS string `json:"snils,omitempty"` // 11 digits
	INN   string `json:"inn,omitempty"`   // 12 digits

	Address       string `json:"address,omitempty"`        // of registration
	ActualAddress string `json:"actual_address,omitempty"` // where the person lives, when it is another

	PolicySeries      string `json:"policy_series,omitempty"` // 6 digits, of an old policy
	PolicyNumber      string `json:"policy_number,omitempty"` // 16 digits, 10 with a series
	AbroadNumber      string `json:"abroad_number,omitempty"` // 9 digits
	AbroadIssuedBy    string `json:"abroad_issued_by,omitempty"`
	AbroadIssuedOn    string `json:"abroad_issued_on,omitempty"`
	AbroadUntil       string `json:"abroad_until,omitempty"`
	LicenceNumber     string `json:"licence_number,omitempty"` // 10 characters
	LicenceCategories string `json:"licence_categories,omitempty"`
	LicenceIssuedOn   string `json:"licence_issued_on,omitempty"`
	LicenceUntil      string `json:"licence_until,omitempty"`
	Citizenship       string `json:"citizenship,omitempty"`
	OGRNIP            string `json:"ogrnip,omitempty"` // 15 digits
	Employer          string `json:"employer,omitempty"`
	Position          string `json:"position,omitempty"`
	Education         string `json:"education,omitempty"` // basic, secondary, vocational, higher, degree
	Marital           string `json:"marital,omitempty"`   // single, married, divorced, widowed
	TaxResidency      string `json:"tax_residency,omitempty"`

	Relatives []Relative `json:"relatives,omitempty"`

	Verified []Part `json:"verified,omitempty"` // what a register or an operator confirmed

	version int64
}

// Version tells one state of the data from another, for forms.
func (p Person) Version() int64 { return p.version }

// Is reports whether the part was verified.
func (p Person) Is(verified Part) bool { return slices.Contains(p.Verified, verified) }

// Complete reports whether all is there that the Standard level needs.
func (p Person) Complete() bool {
	return p.Surname != "" && p.Name != "" && p.BirthDate != "" && p.SNILS != "" && p.PassportSeries != "" && p.PassportNumber != "" && p.PassportIssuedOn != ""
}

// FullName is «Соколова Марина Андреевна».
func (p Person) FullName() string {
	return strings.Join(strings.Fields(p.Surname+" "+p.Name+" "+p.Patronymic), " ")
}

// ShortName is «Соколова М. А.» with no-break spaces.
func (p Person) ShortName() string {
	short := p.Surname
	for _, part := range []string{p.Name, p.Patronymic} {
		if part != "" {
			short += "\u00a0" + first(part) + "."
		}
	}
	return strings.TrimSpace(short)
}

// Initials is «МС»: name, surname.
func (p Person) Initials() string { return first(p.Name) + first(p.Surname) }

func first(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:n])
}

// take returns p with the values of one part taken from q.
func (p Person) take(part Part, q Person) Person {
	switch part {
	case Identity:
		p.Surname, p.Name, p.Patronymic, p.BirthDate, p.BirthPlace, p.Sex = q.Surname, q.Name, q.Patronymic, q.BirthDate, q.BirthPlace, q.Sex
	case Passport:
		p.PassportSeries, p.PassportNumber, p.PassportIssuedBy, p.PassportIssuedOn, p.DivisionCode =
			q.PassportSeries, q.PassportNumber, q.PassportIssuedBy, q.PassportIssuedOn, q.DivisionCode
	case Numbers:
		p.SNILS, p.INN = q.SNILS, q.INN
	case Home:
		p.Address, p.ActualAddress = q.Address, q.ActualAddress
	case Family:
		p.Relatives = q.Relatives
	default:
		for _, d := range data(part, nil) {
			*d.in(&p) = *d.in(&q)
		}
	}
	return p
}

// same reports whether two people agree in a part.
func same(part Part, p, q Person) bool {
	a, b := Person{}.take(part, p), Person{}.take(part, q)
	a.Verified, b.Verified = nil, nil
	return a.equal(b)
}

func (p Person) equal(q Person) bool {
	return p.Surname == q.Surname && p.Name == q.Name && p.Patronymic == q.Patronymic && p.BirthDate == q.BirthDate && p.BirthPlace == q.BirthPlace && p.Sex == q.Sex &&
		p.PassportSeries == q.PassportSeries && p.PassportNumber == q.PassportNumber && p.PassportIssuedBy == q.PassportIssuedBy &&
		p.PassportIssuedOn == q.PassportIssuedOn && p.DivisionCode == q.DivisionCode && p.SNILS == q.SNILS && p.INN == q.INN &&
		p.Address == q.Address && p.ActualAddress == q.ActualAddress && slices.Equal(p.Relatives, q.Relatives) &&
		!slices.ContainsFunc(own, func(part Part) bool {
			return slices.ContainsFunc(data(part, nil), func(d datum) bool { return *d.in(&p) != *d.in(&q) })
		})
}

// Prefilled is a value that the portal knows, and from where: a message key.
type Prefilled struct {
	Value string
	From  string
}

// facts are the values under the names by which forms ask for them.
func (p Person) facts() map[string]Prefilled {
	all := map[string]Prefilled{}
	add := func(part Part, name, value string) {
		if value == "" {
			return
		}
		from := "person.from_profile"
		if p.Is(part) {
			from = "person.from_register"
		}
		all[name] = Prefilled{value, from}
	}
	add(Identity, "person.fio.last", p.Surname)
	add(Identity, "person.fio.first", p.Name)
	add(Identity, "person.fio.middle", p.Patronymic)
	add(Identity, "person.birth_date", p.BirthDate)
	add(Identity, "person.birth_place", p.BirthPlace)
	add(Identity, "person.sex", string(p.Sex))
	add(Passport, "person.passport.series", p.PassportSeries)
	add(Passport, "person.passport.number", p.PassportNumber)
	add(Passport, "person.passport.by", p.PassportIssuedBy)
	add(Passport, "person.passport.on", p.PassportIssuedOn)
	add(Passport, "person.passport.code", p.DivisionCode)
	add(Numbers, "person.snils", p.SNILS)
	add(Numbers, "person.inn", p.INN)
	add(Home, "person.address.line", p.Address)
	actual := p.ActualAddress
	if actual == "" {
		actual = p.Address
	}
	add(Home, "person.address_actual.line", actual)
	for _, part := range own {
		for _, d := range data(part, nil) {
			if d.fact != "" {
				add(part, d.fact, *d.in(&p))
			}
		}
	}
	for _, r := range p.Relatives {
		// Of several children forms of today know the first.
		for name, value := range map[string]string{"fio.last": r.Surname, "fio.first": r.Name, "fio.middle": r.Patronymic, "birth_date": r.BirthDate,
			"snils": r.SNILS, "policy": r.Policy, "certificate": r.Certificate} {
			name = "person." + string(r.Kin) + "." + name
			if _, there := all[name]; !there {
				add(Family, name, value)
			}
		}
	}
	return all
}

// Change is a line of the history.
type Change struct {
	ID   string
	At   time.Time
	Part Part
	By   string // kind of who did it: person, staff, system
}

// Checks of what is typed. Each returns the canonical form or what is wrong.

// parseDate reads 14.03.1991, with any separator that people paste, and returns
// 1991-03-14.
func parseDate(typed string) (string, bool) {
	typed = strings.NewReplacer("/", ".", ",", ".", " ", ".", "\u00a0", ".").Replace(strings.TrimSpace(typed))
	if len(typed) == len("14-03-1991") && typed[2] == '-' {
		typed = strings.ReplaceAll(typed, "-", ".")
	}
	for _, layout := range []string{"02.01.2006", "2.1.2006", "2006-01-02"} {
		if t, err := time.Parse(layout, typed); err == nil {
			return t.Format(time.DateOnly), true
		}
	}
	return "", false
}

// showDate is parseDate the other way round.
func showDate(canonical string) string {
	t, err := time.Parse(time.DateOnly, canonical)
	if err != nil {
		return canonical
	}
	return t.Format("02.01.2006")
}

// pastDate checks a day that lies between 1900 and today.
func pastDate(now func() time.Time) func(string) i18n.Text {
	return func(typed string) i18n.Text {
		day, ok := parseDate(typed)
		switch {
		case !ok:
			return i18n.K("person.date_wrong")
		case day < "1900-01-01" || day > now().Format(time.DateOnly):
			return i18n.K("person.date_future")
		}
		return i18n.Text{}
	}
}

// reason tells what is wrong with a number in the words of its field.
func reason(key string, err error) i18n.Text {
	if err == nil {
		return i18n.Text{}
	}
	if errors.Is(err, ident.CheckDigit) {
		return i18n.K("person." + key + "_slip")
	}
	return i18n.K("person." + key + "_wrong")
}

func checkSNILS(typed string) i18n.Text {
	_, err := ident.ParseSNILS(typed)
	return reason("snils", err)
}

func checkINN(typed string) i18n.Text {
	_, err := ident.ParsePersonINN(typed)
	return reason("inn", err)
}

func checkDivision(typed string) i18n.Text {
	if _, err := ident.ParseDivisionCode(typed); err != nil {
		return i18n.K("person.division_wrong")
	}
	return i18n.Text{}
}

// checkPassport checks the series or the number: n digits.
func checkPassport(n int, key string) func(string) i18n.Text {
	return func(typed string) i18n.Text {
		digits := strings.Map(func(c rune) rune {
			if c == ' ' || c == '\u00a0' || c == '-' {
				return -1
			}
			return c
		}, typed)
		if len(digits) != n || strings.Trim(digits, "0123456789") != "" {
			return i18n.K(key)
		}
		return i18n.Text{}
	}
}
