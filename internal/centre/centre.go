package centre

import (
	"time"

	"kabinet/internal/audit"
	"kabinet/internal/person"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/limit"
)

var (
	// ErrNone is returned for an intake that does not exist or is another
	// centre's.
	ErrNone = fault.New(fault.NotFound, "centre.none")
	// ErrOver is returned for an intake that ended.
	ErrOver = fault.New(fault.Conflict, "centre.over")
	// ErrSilent is returned when a register does not answer.
	ErrSilent = fault.New(fault.Unavailable, "centre.silent")
	// ErrNobody is returned when access is to be given back to somebody who has
	// no verified account.
	ErrNobody = fault.New(fault.NotFound, "centre.nobody")
	// ErrSelf is returned to an operator who would serve themselves.
	ErrSelf = fault.New(fault.Forbidden, "centre.self")
	// ErrPhone is returned for a phone of an account whose verified holder is
	// somebody else.
	ErrPhone = fault.New(fault.Conflict, "centre.phone_other")
	// ErrLink is returned for a link on paper that is unknown, used or too old.
	ErrLink = fault.New(fault.NotFound, "centre.link_over")
)

// Kind is what an intake is for.
type Kind string

// The kinds. Which of Open and Confirm it is turns out once it is known whether
// the person has an account.
const (
	Open    Kind = "open"
	Confirm Kind = "confirm"
	Recover Kind = "recover"
)

const (
	// intakeLife is how long an intake waits for its code.
	intakeLife = time.Hour
	// linkLife is how long the link on paper works. Source: A-08.
	linkLife = 24 * time.Hour
	// confirmPurpose is what a code to the phone of an account is good for.
	confirmPurpose = "centre.confirm"
)

// Operator is the member of staff who acts.
type Operator struct {
	Account string
	Session string
	Agency  string
	Name    string
}

func (o Operator) actor() audit.Actor {
	return audit.Actor{Kind: audit.Staff, ID: o.Account, Session: o.Session}
}

// Intake is a person at the desk.
type Intake struct {
	Agency   string
	ID       string
	Account  string // "" until one is made
	Operator string // account
	Kind     Kind
	Done     bool
	Created  time.Time
	Data
}

// Data is what an intake knows of the person; it is stored sealed and forgotten
// at its end, but for the link.
type Data struct {
	Person person.Person `json:",omitzero"`
	Phone  string        `json:",omitempty"` // E.164
	Flow   string        `json:",omitempty"` // of the code to the phone of somebody new
	Code   string        `json:",omitempty"` // ID of the code to the phone of an account
	Link   string        `json:",omitempty"` // ID of the link on paper
	Secret string        `json:",omitempty"` // of the link
}

// Differs is returned when the registers know other data.
type Differs struct{ Why []i18n.Text }

func (e *Differs) Error() string { return "the registers know other data" }

// limitIntakes is by operator: a queue of people stays below it.
func limitIntakes() limit.Rule {
	return limit.Rule{Name: "centre.intakes_per_operator", Burst: 40, Per: time.Hour}
}

// Limits lists the limits of this feature.
func Limits() []limit.Rule { return []limit.Rule{limitIntakes()} }
