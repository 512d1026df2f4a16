package application

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/workcal"
)

// Status is where an application stands.
type Status string

// The statuses, in the order in which they usually come.
const (
	Accepted  Status = "accepted"  // sent; the citizen may still correct it
	Review    Status = "review"    // a register is asked
	Working   Status = "working"   // a clerk has it
	Clarify   Status = "clarify"   // the citizen is asked for something
	Approved  Status = "approved"  // decided for; the result is being made
	Done      Status = "done"      // the result is there
	Refused   Status = "refused"   // decided against, with a reason
	Withdrawn Status = "withdrawn" // taken back by the citizen
)

// Statuses returns all of them, in the order in which they usually come.
func Statuses() []Status {
	return []Status{Accepted, Review, Working, Clarify, Approved, Done, Refused, Withdrawn}
}

// next lists where each status may lead. One that leads to itself has changes
// that leave it: another clerk, another question.
func (s Status) next() []Status {
	switch s {
	case Accepted:
		return []Status{Review, Working, Withdrawn}
	case Review:
		return []Status{Review, Working, Approved, Refused, Withdrawn}
	case Working:
		return []Status{Working, Clarify, Approved, Refused, Withdrawn}
	case Clarify:
		return []Status{Clarify, Working, Refused, Withdrawn}
	case Approved:
		return []Status{Done}
	}
	return nil
}

// May reports whether an application may go from s to the other status.
func (s Status) May(to Status) bool { return slices.Contains(s.next(), to) }

// Final reports whether nothing follows s.
func (s Status) Final() bool { return len(s.next()) == 0 }

// Undecided reports whether somebody still has to decide.
func (s Status) Undecided() bool { return s.May(Withdrawn) }

// Label is the status in words.
func (s Status) Label() i18n.Text { return i18n.K("application.status_" + string(s)) }

// Failures that a person may be told about.
var (
	ErrNone       = fault.New(fault.NotFound, "application.none")
	ErrMoved      = fault.New(fault.Conflict, "application.moved")
	ErrTaken      = fault.New(fault.Conflict, "application.taken")
	ErrOwn        = fault.New(fault.Conflict, "application.desk_own")
	ErrNotYours   = fault.New(fault.Conflict, "application.not_yours")
	ErrIncomplete = fault.New(fault.Conflict, "application.incomplete")
	ErrConsent    = fault.New(fault.Invalid, "application.consent_missing")
	ErrTooOften   = fault.New(fault.TooMany, "application.too_often")
	ErrLevel      = fault.New(fault.Forbidden, "application.level")
	ErrFileGone   = fault.New(fault.Conflict, "application.file_gone")
	ErrNoFile     = fault.New(fault.Invalid, "application.no_file")
	ErrNoAnswer   = fault.New(fault.Invalid, "application.answer_missing")
	ErrNoReason   = fault.New(fault.Invalid, "application.desk_note_missing")
	ErrUntil      = fault.New(fault.Invalid, "application.desk_until_wrong")
)

// Application is a request for a service.
type Application struct {
	ID       string
	Account  string // whose it is
	Number   string // said to the citizen: "2026-483-155-207"
	FormKey  string // of the form it was made from: the draft's ID
	Service  string // code of the service
	Version  int    // of the service's definition
	Agency   string // code of who decides
	Status   Status
	Seq      int // number of the last line of the journal
	SentAt   time.Time
	ChangeAt time.Time    // of the last change of status
	Due      workcal.Date // last day of the term; while it stands still, the day it would be without the pause
	Calendar string       // version of the calendar by which Due was counted
	Assignee string       // account of the clerk who has it, "" for none
	Desk     bool         // it stands in the agency's queue
	Ask      *Ask         // what the citizen is asked for; nil but in Clarify
	Reason   string       // why it was refused, as the citizen reads it
	Result   string       // ID of the issued document, "" while there is none
}

// Correctable reports whether the citizen may still send other answers: nobody
// has begun to look at the application.
func (a Application) Correctable() bool { return a.Status == Accepted && a.Assignee == "" }

// Ask is what a clerk asks the citizen for.
type Ask struct {
	What  string       `json:"what"`  // in the clerk's words
	Until workcal.Date `json:"until"` // day by which an answer is expected
	Files bool         `json:"files"` // a document is asked for, not only words
}

// Event is a line of the journal.
type Event struct {
	Seq     int // from 1
	At      time.Time
	Status  Status    // after it
	By      ActorKind // who made it
	Actor   string    // account; "" for the system
	Who     string    // name of the clerk as the citizen reads it, "" for others
	What    string    // message key of what happened: "application.event_sent"
	Comment string    // words of a person, or ""
}

// ActorKind is who changed an application.
type ActorKind string

// Who may change an application.
const (
	ByCitizen ActorKind = "citizen"
	ByClerk   ActorKind = "clerk"
	BySystem  ActorKind = "system"
)

// pauses returns the times in which the citizen was asked for something; the
// last one is open while the application waits for an answer.
func pauses(events []Event) (all []workcal.Pause) {
	waiting := false
	for _, e := range events {
		switch {
		case e.Status == Clarify && !waiting:
			all = append(all, workcal.Pause{From: e.At})
		case e.Status != Clarify && waiting:
			all[len(all)-1].To = e.At
		}
		waiting = e.Status == Clarify
	}
	return all
}

// formatNumber writes nine digits of a year's applications as they are said.
func formatNumber(year, n int) string {
	s := strconv.Itoa(1_000_000_000 + n)[1:]
	return strconv.Itoa(year) + "-" + s[:3] + "-" + s[3:6] + "-" + s[6:]
}

// ParseNumber returns a number in the form in which it is stored, from any
// spelling with or without hyphens, spaces and the sign «№».
func ParseNumber(s string) (string, bool) {
	digits := make([]rune, 0, 13)
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits = append(digits, r)
		case !strings.ContainsRune(" -–—№#\u00a0\u2011", r):
			return "", false
		}
	}
	if len(digits) != 13 {
		return "", false
	}
	d := string(digits)
	return d[:4] + "-" + d[4:7] + "-" + d[7:10] + "-" + d[10:], true
}

// keyLongest is how long the key of a form may be.
const keyLongest = 64

// validKey reports whether s may be the key of a form.
func validKey(s string) bool {
	if s == "" || len(s) > keyLongest {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_'
	})
}
