package takeout

import (
	"slices"
	"time"

	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
)

var (
	// ErrNoCopy is returned for a copy that is unknown, somebody else's, not
	// whole yet, or past its term.
	ErrNoCopy = fault.New(fault.NotFound, "takeout.no_copy")
	// ErrFormat is returned for a format that there is not.
	ErrFormat = fault.New(fault.Invalid, "takeout.format_wrong")
	// ErrWaiting is returned when a copy is being put together already.
	ErrWaiting = fault.New(fault.Conflict, "takeout.waiting")
	// ErrStaff is returned to members of staff: their accounts are closed by an
	// administrator.
	ErrStaff = fault.New(fault.Conflict, "takeout.staff")
	// ErrNoDeletion is returned when there is no deletion to be taken back.
	ErrNoDeletion = fault.New(fault.NotFound, "takeout.no_deletion")
)

// Format is what a copy is for.
type Format string

// The formats. Files of the person are in every one.
const (
	Both  Format = "both"
	Pages Format = "html" // to be read
	Data  Format = "json" // for other programs
)

// Formats returns all of them in the order of the form.
func Formats() []Format { return []Format{Both, Pages, Data} }

func (f Format) valid() bool { return slices.Contains(Formats(), f) }

// Text names the format.
func (f Format) Text() i18n.Text { return i18n.K("takeout.format_" + string(f)) }

// State is how far a copy has got.
type State string

// The states.
const (
	Asked  State = "asked"
	Ready  State = "ready"
	Gone   State = "gone"   // its term is over and the file was removed
	Failed State = "failed" // it could not be put together
)

// Copy is one copy of somebody's data.
type Copy struct {
	ID      string
	Format  Format
	State   State
	AskedAt time.Time
	ReadyAt time.Time // zero until it is
	Until   time.Time // when it can no longer be downloaded; zero until it is ready
	Size    int64     // bytes

	blob string
	sum  []byte
}

// Open reports whether the copy can be downloaded.
func (c Copy) Open(now time.Time) bool { return c.State == Ready && now.Before(c.Until) }

// Deletion is a wish to have an account deleted.
type Deletion struct {
	ID          string
	AskedAt     time.Time
	DueAt       time.Time // when it happens
	CancelledAt time.Time // zero unless it was taken back
	DoneAt      time.Time // zero until it happened
	KeptUntil   time.Time // when what the law wants kept goes too; zero until DoneAt

	farewell []byte // sealed contact to tell; nil when it was told
}

// Waits reports whether the deletion is still to come.
func (d Deletion) Waits() bool { return d.ID != "" && d.CancelledAt.IsZero() && d.DoneAt.IsZero() }
