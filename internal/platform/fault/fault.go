// Package fault sorts failures by who must act on them.
//
// A feature declares each failure that a person may be told about as a
// variable made by New: one value is what callers compare with errors.Is, the
// status of the answer and the key of the text on the page. Whatever else goes
// wrong is Internal: the person gets an apology with a request number and the
// operator gets one log line.
package fault

import "errors"

// Kind says who must act on a failure.
type Kind int

const (
	Internal    Kind = iota // us: it is logged, the person gets an apology
	Invalid                 // the person: something typed must change
	NotFound                // nobody: there is no such thing, or not for this person
	Forbidden               // an operator: a right is missing
	Conflict                // the person: the world changed meanwhile, look again
	TooMany                 // time: a limit was reached, try later
	Unavailable             // time: a partner system is down, try later
	Unsigned                // the person: sign in (again) first
)

// Error is a failure that a person may be told about.
type Error struct {
	Kind Kind
	Text string // message key; the text itself is in the feature's catalogue
}

func (e *Error) Error() string { return e.Text }

// New returns an Error to be declared as a variable. text is a message key.
func New(kind Kind, text string) *Error { return &Error{kind, text} }

// Of returns the Error in err's chain. A chain without one is Internal.
func Of(err error) *Error {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e
	}
	return &Error{Internal, "fault.internal"}
}
