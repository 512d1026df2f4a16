package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Kind is what an actor is.
type Kind string

// The kinds of actors.
const (
	Person Kind = "person" // the holder of an account, in person
	Staff  Kind = "staff"  // someone who works for an agency or runs the portal
	System Kind = "system" // the portal itself: deadlines, connectors, jobs
)

// Actor is who did something.
type Actor struct {
	Kind    Kind
	ID      string // account ID, "" for System
	Session string // ID of the session; "" when there was none
}

// Portal is the actor of what the portal does by itself.
func Portal() Actor { return Actor{Kind: System} }

// Entry is what is to be written down.
type Entry struct {
	Owner  string // whose data: account ID or agency code
	Actor  Actor
	Act    string // message key: "application.audit_submitted"
	Object string // what it was done to: "application/ID"; "" when the act says it
	Agency string // code of the agency that Staff acted for
	Reason string // message key or short code of the ground, never free text; "" when none is needed
}

// Line is an entry in its chain.
type Line struct {
	Entry              // Actor.Session is always "": only its hash is kept
	Seq         int64  // from 1, without gaps
	SessionHash []byte // 16 bytes, nil when there was no session
	At          time.Time
	Prev, Hash  []byte
}

func (e Entry) check() error {
	known := e.Actor.Kind == Person || e.Actor.Kind == Staff || e.Actor.Kind == System
	switch {
	case e.Owner == "":
		return errors.New("audit: an entry without owner")
	case !known || (e.Actor.ID == "") != (e.Actor.Kind == System):
		return fmt.Errorf("audit: %s: the actor is of no known kind, or lacks an ID", e.Act)
	case !strings.Contains(e.Act, "."):
		return fmt.Errorf("audit: %q is no message key", e.Act)
	}
	return nil
}

// hash returns the hash of the line after the one whose hash is l.Prev.
func (l *Line) hash() []byte {
	h := sha256.New()
	h.Write(l.Prev)
	field := func(s string) {
		var n [4]byte
		binary.BigEndian.PutUint32(n[:], uint32(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	field(l.Owner)
	field(strconv.FormatInt(l.Seq, 10))
	field(l.At.UTC().Format(hashedTime))
	field(string(l.Actor.Kind))
	field(l.Actor.ID)
	field(string(l.SessionHash))
	field(l.Act)
	field(l.Object)
	field(l.Agency)
	field(l.Reason)
	return h.Sum(nil)
}

const hashedTime = "2006-01-02T15:04:05.000000Z"

// sessionHash hides a session's ID: whoever reads the log must not learn what
// to look a session up by.
func sessionHash(id string) []byte {
	if id == "" {
		return nil
	}
	sum := sha256.Sum256([]byte("audit session " + id))
	return sum[:16]
}
