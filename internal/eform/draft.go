package eform

import (
	"maps"
	"slices"
	"strings"
	"time"

	"kabinet/internal/platform/fault"
)

var (
	ErrNoDraft   = fault.New(fault.NotFound, "eform.no_draft")
	ErrSent      = fault.New(fault.Conflict, "eform.draft_sent")
	ErrChanged   = fault.New(fault.Conflict, "eform.draft_changed")
	ErrMany      = fault.New(fault.Conflict, "eform.many_drafts")
	ErrTooMuch   = fault.New(fault.Invalid, "eform.too_much")
	ErrNoField   = fault.New(fault.NotFound, "eform.no_field")
	ErrFileType  = fault.New(fault.Invalid, "eform.file_type")
	ErrFileSize  = fault.New(fault.Invalid, "eform.file_size")
	ErrFileCount = fault.New(fault.Conflict, "eform.file_count")
)

const (
	// KeepDrafts is how long a draft that nobody touches is kept.
	KeepDrafts = 90 * 24 * time.Hour
	// MaxDrafts is how many drafts an account may have at a time.
	MaxDrafts = 100
	// maxContent is the largest draft in bytes of JSON.
	maxContent = 512 << 10
)

// Draft is an application that is being filled in.
type Draft struct {
	Account, ID string
	Form        string // code of the service
	Version     string // of its form: a draft stays on the version it began with
	Step        string // ID of the step to go on with; "" is the first
	Answers     Answers
	Rev         int64     // grows with every change
	Created     time.Time // all times are UTC
	Updated     time.Time
	Sent        time.Time // zero while it is not sent; then there are no answers

	changes map[string][]change // by path, oldest first
}

// change is one change of an answer, or several in a row by one tab, kept so
// that two tabs can be told apart.
type change struct {
	From int64  `json:"f"` // revision of the first of them
	Rev  int64  `json:"r"` // revision of the last of them
	Tab  string `json:"t"`
	Was  string `json:"w"` // the answer before them
}

// maxChanges is how many changes of one answer are kept.
const maxChanges = 8

// content is what is sealed of a draft.
type content struct {
	Answers Answers             `json:"answers"`
	Changes map[string][]change `json:"changes,omitempty"`
}

// Posted is what a browser sent of one step, as ReadStep read it.
type Posted struct {
	Step   string
	Rev    int64    // of the draft when the page was drawn
	Tab    string   // tells tabs of one person apart
	Values Answers  // canonical, or as typed when they cannot be read
	Drawn  []string // paths of the fields that were on the page
	Left   []string // paths of the inputs that the person has left, sent by the script
	Do     Command
	Use    string // ID of the document chosen for the file field of Do
}

// Conflict is an answer that was changed here and, since this page was drawn,
// differently elsewhere. The draft keeps what was saved elsewhere until this
// page, drawn anew, is sent again.
type Conflict struct {
	Path  string
	Mine  string // typed on this page
	There string // saved elsewhere
}

// merge puts the posted values into the draft as revision rev and returns what
// was changed elsewhere too. An answer that this page left alone keeps what
// was saved elsewhere.
func (d *Draft) merge(p Posted, rev int64) (conflicts []Conflict) {
	for _, path := range slices.Sorted(maps.Keys(p.Values)) {
		mine, now := p.Values[path], d.Answers[path]
		if mine == now {
			if _, ok := d.Answers[path]; !ok {
				d.Answers[path] = mine // asked now, and left empty
			}
			continue
		}
		base, elsewhere := d.base(path, p)
		switch {
		case !elsewhere:
			d.set(path, mine, p.Tab, rev)
		case base != nil && *base == mine:
		default:
			conflicts = append(conflicts, Conflict{path, mine, now})
		}
	}
	return conflicts
}

// base reports whether the answer was changed elsewhere since the page was
// drawn, and the answer that the page was drawn with, nil when it is not known.
func (d *Draft) base(path string, p Posted) (base *string, elsewhere bool) {
	list := d.changes[path]
	for i, c := range list {
		switch {
		case c.Rev <= p.Rev:
		case c.Tab == p.Tab: // seen here, and changed since
			base, elsewhere = nil, false
		case !elsewhere:
			elsewhere = true
			if forgotten := i == 0 && len(list) == maxChanges; c.From > p.Rev && !forgotten {
				base = &c.Was
			}
		}
	}
	return base, elsewhere
}

// set changes an answer and remembers what it was.
func (d *Draft) set(path, value, tab string, rev int64) {
	if d.changes == nil {
		d.changes = map[string][]change{}
	}
	list := d.changes[path]
	if n := len(list); n > 0 && list[n-1].Tab == tab {
		list[n-1].Rev = rev
	} else if list = append(list, change{rev, rev, tab, d.Answers[path]}); len(list) > maxChanges {
		list = list[1:]
	}
	d.changes[path] = list
	d.Answers[path] = value
}

// forget drops what is remembered of answers that are no more.
func (d *Draft) forget() {
	for path := range d.changes {
		if _, ok := d.Answers[path]; !ok {
			delete(d.changes, path)
		}
	}
}

// Command is what a button of a step asks for besides saving.
type Command struct {
	Do   string // "next", "back", "save", "add", "copy", "remove", "drop" (a file), "use" (a file of the person's documents), "check" (the script)
	Path string // of the group or the file field
	Key  string // of the row or the file
}

// ParseCommand reads the value of a button: "add:children", "remove:children.r2".
// What it does not know becomes "save", which loses nothing.
func ParseCommand(s string) Command {
	do, rest, _ := strings.Cut(s, ":")
	switch do {
	case "next", "back", "check":
		return Command{Do: do}
	case "add", "use":
		return Command{Do: do, Path: rest}
	case "copy", "remove", "drop":
		if i := strings.LastIndexByte(rest, '.'); i > 0 {
			return Command{do, rest[:i], rest[i+1:]}
		}
	}
	return Command{Do: "save"}
}
