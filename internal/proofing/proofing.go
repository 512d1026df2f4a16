package proofing

import (
	"slices"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/person"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/register"
)

var (
	// ErrNone is returned for a request that does not exist or is somebody else's.
	ErrNone = fault.New(fault.NotFound, "proofing.none")
	// ErrOpen is returned while another request of the same kind is open.
	ErrOpen = fault.New(fault.Conflict, "proofing.open")
	// ErrState is returned when the request has moved on meanwhile.
	ErrState = fault.New(fault.Conflict, "proofing.state")
	// ErrDone is returned for a proof of what is proved already.
	ErrDone = fault.New(fault.Conflict, "proofing.done")
	// ErrIncomplete is returned when data are missing that the registers need.
	ErrIncomplete = fault.New(fault.Invalid, "proofing.incomplete")
	// ErrPapers is returned for a request that needs files and has none.
	ErrPapers = fault.New(fault.Invalid, "proofing.papers_missing")
	// ErrFree is returned for a change to be reviewed of data that were not
	// verified: the holder changes them in the profile.
	ErrFree = fault.New(fault.Conflict, "proofing.free")
	// ErrSame is returned for a change that changes nothing.
	ErrSame = fault.New(fault.Invalid, "proofing.same")
	// ErrLevel is returned for a way that the account's level does not reach.
	ErrLevel = fault.New(fault.Conflict, "proofing.level_low")
	// ErrTaken is returned when a number belongs to another account. A person is
	// never told so: see Reason.
	ErrTaken = fault.New(fault.Conflict, "proofing.unconfirmed")
	// ErrReason is returned for a refusal or a look without a reason.
	ErrReason = fault.New(fault.Invalid, "proofing.reason_missing")
	// ErrNobody is returned when nobody has the identifier that was searched.
	ErrNobody = fault.New(fault.NotFound, "proofing.nobody")
	// ErrNoLetter is returned for a code when no letter was ordered.
	ErrNoLetter = fault.New(fault.NotFound, "proofing.no_letter")
	// ErrLetterOver is returned when a letter's code is too old, used, or was
	// missed too often.
	ErrLetterOver = fault.New(fault.Conflict, "proofing.letter_over")
	// ErrOwn is returned to a verifier who would decide about themselves.
	ErrOwn = fault.New(fault.Forbidden, "proofing.own")
)

// Kind is what a request is about.
type Kind string

// The kinds. Features that add ways may have kinds of their own.
const (
	Online    Kind = "online"    // the registers are asked who somebody is
	Change    Kind = "change"    // verified data are to become others
	Duplicate Kind = "duplicate" // only in the queue: an Online request whose numbers another account has
)

// State is how far a request has come.
type State string

// The states. Checking, Papers and Review are open.
const (
	Checking  State = "checking"  // registers are asked
	Papers    State = "papers"    // the person is to show papers
	Review    State = "review"    // waits for a verifier
	Approved  State = "approved"  //
	Failed    State = "failed"    // the registers know better; another try may follow
	Refused   State = "refused"   // by a verifier
	Cancelled State = "cancelled" // by the person
)

// Open reports whether something is still to happen.
func (s State) Open() bool { return s == Checking || s == Papers || s == Review }

// Limits of time.
const (
	// deadline is after how long a verifier takes over from registers that do not
	// answer. Source: A-65.
	deadline = 5 * 24 * time.Hour
	// letterLife is for how long the code of a letter serves, from its order.
	letterLife = 30 * 24 * time.Hour
	// letterTries is how often its code may be missed.
	letterTries = 5
)

// Request is something to be found out about a person.
type Request struct {
	Account string
	ID      string
	Kind    Kind
	State   State
	Created time.Time
	Updated time.Time
	Data
}

// Data is what a request holds of a person; it is stored sealed.
type Data struct {
	Person  person.Person             // as they claim to be
	Parts   []person.Part             // which of it is to be verified
	Answers map[string]register.Check `json:",omitempty"` // by the name of the register
	Files   []string                  `json:",omitempty"` // documents of the account
	Comment string                    `json:",omitempty"` // of the person
	Back    string                    `json:",omitempty"` // path to return to afterwards
	Silent  []string                  `json:",omitempty"` // registers that did not answer at the last try
	Other   string                    `json:",omitempty"` // account that has one of the numbers
	Reason  string                    `json:",omitempty"` // message key of a refusal
	Words   string                    `json:",omitempty"` // of the verifier, to the person
}

// Names of the registers in Data.Answers.
const (
	Passport = "passport"
	Pension  = "pension"
	Tax      = "tax"
)

// Registers are all of them in the order in which they are shown.
var Registers = []string{Passport, Pension, Tax}

// proved are the parts that the Standard level stands on.
var proved = []person.Part{person.Identity, person.Passport, person.Numbers}

// subject is how registers are asked about a person.
func subject(p person.Person) register.Subject {
	return register.Subject{Surname: p.Surname, Name: p.Name, Patronymic: p.Patronymic, BirthDate: p.BirthDate, PassportSeries: p.PassportSeries,
		PassportNumber: p.PassportNumber, PassportIssuedOn: p.PassportIssuedOn, DivisionCode: p.DivisionCode, SNILS: p.SNILS}
}

// outcome is what the answers of the registers come to: Approved, Failed,
// Papers when none objects but one does not know the person, and Checking while
// one that is needed has not answered.
func (d Data) outcome() State {
	worst := Approved
	for _, name := range []string{Passport, Pension} {
		switch c, ok := d.Answers[name]; {
		case !ok:
			return Checking
		case c.Verdict == register.NotFound && worst == Approved:
			worst = Papers
		case c.Verdict != register.Match && c.Verdict != register.NotFound:
			worst = Failed
		}
	}
	if d.Person.INN == "" {
		return worst
	}
	switch c, ok := d.Answers[Tax]; {
	case !ok:
		return Checking
	case c.Verdict != register.Match || c.INN != d.Person.INN:
		return Failed
	}
	return worst
}

// Why tells in plain words what the registers object to, a sentence each; nil
// when they object to nothing.
func (r Request) Why() (texts []i18n.Text) {
	for _, name := range Registers {
		c, ok := r.Answers[name]
		if !ok {
			continue
		}
		of := i18n.K("proofing.register_" + name)
		switch {
		case name == Tax && r.Person.INN == "":
		case name == Tax && c.Verdict == register.Match && c.INN != r.Person.INN:
			texts = append(texts, i18n.K("proofing.why_inn"))
		case name == Tax && c.Verdict == register.NotFound:
			texts = append(texts, i18n.K("proofing.why_no_inn"))
		case c.Verdict == register.Match:
		case c.Verdict == register.Mismatch:
			for _, field := range c.Fields {
				texts = append(texts, i18n.K("proofing.why_mismatch", "register", of, "field", fieldText(field)))
			}
		case c.Verdict == register.NotFound:
			texts = append(texts, i18n.K("proofing.why_not_found_"+name))
		case c.Verdict == register.Expired:
			texts = append(texts, i18n.K("proofing.why_expired"))
		case c.Verdict == register.Invalid:
			texts = append(texts, i18n.K("proofing.why_invalid"))
		default: // somebody else's, or a dead person's: not for whoever typed it
			texts = append(texts, i18n.K("proofing.unconfirmed"))
		}
	}
	return texts
}

// fieldText names a field as registers call it.
func fieldText(field string) i18n.Text {
	switch field {
	case "surname", "name", "patronymic":
		return i18n.K("person." + field)
	case "birthDate":
		return i18n.K("person.birth_date")
	case "issuedOn":
		return i18n.K("person.issued_on")
	case "divisionCode":
		return i18n.K("person.division")
	}
	return i18n.K("proofing.field_other")
}

// Logins are the numbers by which a person is one and the same everywhere.
func Logins(p person.Person) (all []account.Login) {
	if p.SNILS != "" {
		all = append(all, account.Login{Kind: account.SNILS, Value: p.SNILS})
	}
	if p.INN != "" {
		all = append(all, account.Login{Kind: account.INN, Value: p.INN})
	}
	if p.PassportNumber != "" {
		all = append(all, account.Login{Kind: PassportNumber, Value: p.PassportSeries + p.PassportNumber})
	}
	return all
}

// PassportNumber is the identifier that a verified passport is: series and
// number, ten digits.
const PassportNumber account.Kind = "passport"

// loginsOf are those of Logins that belong to some parts.
func loginsOf(p person.Person, parts []person.Part) []account.Login {
	return slices.DeleteFunc(Logins(p), func(l account.Login) bool {
		if l.Kind == PassportNumber {
			return !slices.Contains(parts, person.Passport)
		}
		return !slices.Contains(parts, person.Numbers)
	})
}

// Way is one of the ways to prove who one is.
type Way struct {
	Code  string        // "post", unique
	Icon  string        //
	Href  string        // of its first page
	Gives account.Level // what the account becomes
	Needs account.Level // from which level on it is open
	Title i18n.Text     //
	Text  i18n.Text     // what happens
	Takes i18n.Text     // what is needed and how long it takes
}

// Proof is a proof that was given, for the person's page.
type Proof struct {
	ID     string
	Method string // message key
	Level  account.Level
	At     time.Time
}

// reasons are why a verifier may refuse, in the order of the form.
var reasons = []string{"unreadable", "incomplete", "mismatch", "expired", "other_person", "doubt", "other"}

// reasonText returns the message key of a reason.
func reasonText(code string) string { return "proofing.reason_" + code }

// causes are why a verifier may look for a person, in the order of the form.
var causes = []string{"asked", "duplicate", "recovery", "supervision"}

// letters stand in the code of a letter: those that look the same in both
// alphabets, without what looks like a digit.
const letters = "ABEKMHPCTYX23456789"

// letterLength is how many characters a code has.
const letterLength = 8

// FormatLetterCode shows a code in halves: «ABEK-2345».
func FormatLetterCode(code string) string {
	if len(code) != letterLength {
		return code
	}
	return code[:letterLength/2] + "-" + code[letterLength/2:]
}

// cleanLetterCode brings what was typed from paper into the form of the code.
func cleanLetterCode(typed string) string {
	var out []rune
	for _, c := range typed {
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c >= 'а' && c <= 'я' {
			c -= 'а' - 'А'
		}
		if i := slices.Index([]rune("АВЕКМНРСТУХ"), c); i >= 0 {
			c = rune("ABEKMHPCTYX"[i])
		}
		if c != ' ' && c != '-' && c != '\u00a0' && c != '–' && c != '—' {
			out = append(out, c)
		}
	}
	return string(out)
}
