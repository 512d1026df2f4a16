package videocall

import (
	"slices"
	"time"

	"kabinet/internal/person"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
)

var (
	// ErrNone is returned for a meeting that is unknown or not of who asks.
	ErrNone = fault.New(fault.NotFound, "videocall.none")
	// ErrLevel is returned before the registers know the person.
	ErrLevel = fault.New(fault.Conflict, "videocall.level_low")
	// ErrDone is returned to somebody who is confirmed already.
	ErrDone = fault.New(fault.Conflict, "videocall.done")
	// ErrClosed is returned outside of the hours.
	ErrClosed = fault.New(fault.Conflict, "videocall.closed")
	// ErrTaken is returned when another operator was quicker, or the person left.
	ErrTaken = fault.New(fault.Conflict, "videocall.taken")
	// ErrOwn is returned to an operator who would meet themselves.
	ErrOwn = fault.New(fault.Forbidden, "videocall.own")
	// ErrReason is returned for a refusal without a known reason.
	ErrReason = fault.New(fault.Invalid, "videocall.reason_missing")
	// ErrSignal is returned for a signal that is none.
	ErrSignal = fault.New(fault.Invalid, "videocall.signal_wrong")
)

// State is how far a meeting has got.
type State string

// The states. Waiting and Live are open.
const (
	Waiting   State = "waiting"
	Live      State = "live"
	Confirmed State = "confirmed"
	Refused   State = "refused"
	Ended     State = "ended" // without a decision: the connection was bad, or the person left the meeting
	Left      State = "left"  // by the person, before it was taken
)

// Open reports whether something is still to happen.
func (s State) Open() bool { return s == Waiting || s == Live }

const (
	// goneAfter is how long somebody who waits may be silent before they are no
	// longer called.
	goneAfter = 45 * time.Second
	// staleAfter is after how long an open meeting whose person is silent ends.
	staleAfter = 15 * time.Minute
	// signalMax is the longest signal in bytes: a description of audio and video
	// takes about six thousand.
	signalMax = 32 << 10
	// signalsMax is how many signals one side may send in a meeting.
	signalsMax = 200
	// relayLife is how long credentials of the relay work.
	relayLife = 2 * time.Hour
)

// Side is one of the two in a meeting.
type Side string

// The sides.
const (
	Citizen  Side = "citizen"
	Operator Side = "operator"
)

func (s Side) other() Side {
	if s == Citizen {
		return Operator
	}
	return Citizen
}

// Meeting is one meeting, from the wish for it to its end.
type Meeting struct {
	Account  string
	ID       string
	State    State
	AskedAt  time.Time
	SeenAt   time.Time // when the person's page was last heard of
	TakenAt  time.Time // zero until an operator has it
	EndedAt  time.Time // zero while it is open
	Operator string    // account; "" until it is taken
	Reason   string    // code of why it was refused
	Note     string    // of the operator, to the person
}

// Here reports whether the person still waits.
func (m Meeting) Here(now time.Time) bool { return m.State == Waiting && now.Sub(m.SeenAt) < goneAfter }

// Signal is something one browser tells the other.
type Signal struct {
	Seq  int    `json:"seq"`
	Data string `json:"data"`
}

// Queued is a meeting that waits, as operators see it: in which place is told by
// the list.
type Queued struct {
	Account string
	ID      string
	AskedAt time.Time
}

// Room is what the operator sees of a person in a meeting.
type Room struct {
	Meeting
	Person person.Person
	Number string // of the account
}

// reasons are why an operator may refuse, in the order of the form.
var reasons = []string{"face", "passport", "data", "pressure", "other"}

func knownReason(code string) bool { return slices.Contains(reasons, code) }

// reasonText names a reason.
func reasonText(code string) i18n.Text { return i18n.K("videocall.reason_" + code) }

// Hours is when operators answer, by the clock of the region.
type Hours struct {
	From, Till time.Duration // since midnight; equal: around the clock
	Weekends   bool
}

// Open reports whether operators answer at t, which is in the region's zone.
// Days off other than Saturday and Sunday are told by worked.
func (h Hours) Open(t time.Time, worked bool) bool {
	if h.From == h.Till {
		return h.Weekends || worked
	}
	since := time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
	return (h.Weekends || worked) && since >= h.From && since < h.Till
}
