package outside

import (
	"context"
	"slices"
	"strings"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/consent"
	"kabinet/internal/person"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
)

// Failures a person may be told about.
var (
	// ErrNone is returned for a provider or link that is not there.
	ErrNone = fault.New(fault.NotFound, "outside.none")
	// ErrDown is returned when the provider does not answer.
	ErrDown = fault.New(fault.Unavailable, "outside.down")
	// ErrDenied is returned when the person, or the provider, said no.
	ErrDenied = fault.New(fault.Conflict, "outside.denied")
	// ErrOver is returned for steps that are over, were taken already, or began
	// in another browser.
	ErrOver = fault.New(fault.NotFound, "outside.over")
	// ErrAnswer is returned for an answer that must not be believed.
	ErrAnswer = fault.New(fault.Invalid, "outside.answer")
	// ErrOther is returned for a subject that is linked to another account.
	ErrOther = fault.New(fault.Conflict, "outside.other")
	// ErrTwo is returned when the account is linked to another subject of the
	// same provider.
	ErrTwo = fault.New(fault.Conflict, "outside.two")
	// ErrDiffers is what a *Differs is, for errors.Is.
	ErrDiffers = fault.New(fault.Conflict, "outside.differs")
	// ErrKnown is returned to somebody for whom there is an account already: the
	// provider vouches for a number or contact that it has.
	ErrKnown = fault.New(fault.Conflict, "outside.known")
	// ErrLastWay is returned for the last way into an account.
	ErrLastWay = fault.New(fault.Conflict, "outside.last_way")
	// ErrChild is returned for an account of a child at the provider.
	ErrChild = fault.New(fault.Conflict, "outside.child")
	// ErrUnconfirmed is returned when ЕСИА lets only confirmed accounts through.
	ErrUnconfirmed = fault.New(fault.Conflict, "outside.unconfirmed")
	// ErrNoCode is returned when ЕСИА could not send its code.
	ErrNoCode = fault.New(fault.Unavailable, "outside.no_code")
	// ErrSetup is returned when a provider refuses the portal itself.
	ErrSetup = fault.New(fault.Unavailable, "outside.setup")
	// ErrAgree is returned without the consent to what the provider passes on.
	ErrAgree = fault.New(fault.Invalid, "outside.agree_missing")
)

// Differs tells what in the account is not as the provider says, without saying
// what either holds.
type Differs struct{ Fields []string } // message keys

func (e *Differs) Error() string {
	return "the provider says otherwise: " + strings.Join(e.Fields, ", ")
}

// Unwrap makes it an ErrDiffers.
func (e *Differs) Unwrap() error { return ErrDiffers }

// Limits of time.
const (
	tripLife    = 10 * time.Minute // from leaving for a provider to coming back
	arrivalLife = 30 * time.Minute // from coming back the first time to having an account
)

// Kind is what sort of provider it is.
type Kind string

// The kinds.
const (
	Bank  Kind = "bank"
	Sber  Kind = "sber" // a bank with its own sign-in, also by QR code
	ESIA  Kind = "esia"
	Other Kind = "other"
)

var kinds = []Kind{Bank, Sber, ESIA, Other}

// method is the message key of this way of signing in, for the history.
func (k Kind) method() string { return "outside.method_" + string(k) }

// purpose is what a consent to data from such a provider is for.
func (k Kind) purpose() consent.Purpose {
	if k == Bank || k == Sber {
		return consent.Bank
	}
	return consent.Identity
}

// object is what a consent to data from a provider is about.
func object(provider string) string { return "outside/" + provider }

// Said is what a provider says of somebody.
type Said struct {
	Subject string        `json:"subject"` // by which the provider knows them; never of two people
	Person  person.Person `json:"person"`  // Verified: the parts it vouches for
	Phone   string        `json:"phone,omitempty"`
	Email   string        `json:"email,omitempty"` // both confirmed by the provider, "" if not
	Level   account.Level `json:"level"`           // what its word raises an account to
	Strong  bool          `json:"strong"`          // it asked for a second step itself
}

// Link is an outside sign-in of an account.
type Link struct {
	Provider string
	Linked   time.Time
	Used     time.Time
}

// differs returns what of the holder is not as said. A patronymic and a birth
// date that either side does not know do not differ.
func differs(p person.Person, s Said) error {
	var fields []string
	for _, f := range []struct{ field, mine, theirs string }{
		{"person.surname", p.Surname, s.Person.Surname},
		{"person.name", p.Name, s.Person.Name},
		{"person.patronymic", p.Patronymic, s.Person.Patronymic},
	} {
		if unknown := f.field == "person.patronymic" && (f.mine == "" || f.theirs == ""); !unknown && fold(f.mine) != fold(f.theirs) {
			fields = append(fields, f.field)
		}
	}
	if p.BirthDate != "" && s.Person.BirthDate != "" && p.BirthDate != s.Person.BirthDate {
		fields = append(fields, "person.birth_date")
	}
	if len(fields) > 0 {
		return &Differs{fields}
	}
	return nil
}

// fold is how names are compared: ё as е, any case, any space and hyphen.
func fold(name string) string {
	name = strings.NewReplacer("ё", "е", "‑", "-", "–", "-").Replace(strings.ToLower(name))
	return strings.Join(strings.Fields(name), " ")
}

// merge returns p with what was said: values where there were none, and marked
// as verified every part that agrees with what the provider vouches for.
func merge(p person.Person, said person.Person) person.Person {
	fill := func(to *string, from string) {
		if *to == "" {
			*to = from
		}
	}
	for _, part := range person.Parts {
		if p.Is(part) {
			continue
		}
		before := p
		for _, v := range values(part, &p, &said) {
			fill(v.mine, *v.theirs)
		}
		agrees := said.Is(part)
		for _, v := range values(part, &p, &said) {
			if *v.theirs != "" && fold(*v.mine) != fold(*v.theirs) {
				agrees = false
			}
		}
		switch {
		case agrees:
			p.Verified = append(slices.Clone(p.Verified), part)
		case said.Is(part) && part == person.Passport:
			p = before // half of one passport and half of another help nobody
		}
	}
	return p
}

// pair is a value of the account beside the provider's.
type pair struct{ mine, theirs *string }

func values(part person.Part, p, said *person.Person) []pair {
	switch part {
	case person.Identity:
		return []pair{{&p.Surname, &said.Surname}, {&p.Name, &said.Name}, {&p.Patronymic, &said.Patronymic}, {&p.BirthDate, &said.BirthDate},
			{&p.BirthPlace, &said.BirthPlace}, {(*string)(&p.Sex), (*string)(&said.Sex)}}
	case person.Passport:
		return []pair{{&p.PassportSeries, &said.PassportSeries}, {&p.PassportNumber, &said.PassportNumber}, {&p.PassportIssuedOn, &said.PassportIssuedOn},
			{&p.PassportIssuedBy, &said.PassportIssuedBy}, {&p.DivisionCode, &said.DivisionCode}}
	case person.Numbers:
		return []pair{{&p.SNILS, &said.SNILS}, {&p.INN, &said.INN}}
	default:
		return []pair{{&p.Address, &said.Address}}
	}
}

// vouched returns the parts of p of which enough is there to be vouched for.
func vouched(p person.Person) (parts []person.Part) {
	if p.Surname != "" && p.Name != "" && p.BirthDate != "" {
		parts = append(parts, person.Identity)
	}
	if p.PassportSeries != "" && p.PassportNumber != "" && p.PassportIssuedOn != "" {
		parts = append(parts, person.Passport)
	}
	if p.SNILS != "" {
		parts = append(parts, person.Numbers)
	}
	if p.Address != "" {
		parts = append(parts, person.Home)
	}
	return parts
}

// logins are the identifiers by which an account with these verified numbers is
// found.
func logins(p person.Person) (all []account.Login) {
	if !p.Is(person.Numbers) {
		return nil
	}
	for _, l := range []account.Login{{Kind: account.SNILS, Value: p.SNILS}, {Kind: account.INN, Value: p.INN}} {
		if l.Value != "" {
			all = append(all, l)
		}
	}
	return all
}

// passed lists what a provider passes on, in the reader's language, for the
// person to agree to.
func (s Said) passed(ctx context.Context) (list []string) {
	add := func(there bool, key string) {
		if there {
			list = append(list, i18n.T(ctx, key))
		}
	}
	add(s.Person.Surname != "", "outside.data_name")
	add(s.Person.BirthDate != "", "outside.data_birth")
	add(s.Person.Sex != "", "outside.data_sex")
	add(s.Person.PassportNumber != "", "outside.data_passport")
	add(s.Person.SNILS != "", "outside.data_snils")
	add(s.Person.INN != "", "outside.data_inn")
	add(s.Person.Address != "", "outside.data_address")
	add(s.Phone != "", "outside.data_phone")
	add(s.Email != "", "outside.data_email")
	return list
}
