package consent

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
)

var (
	// ErrNone is returned for a consent or a text that does not exist.
	ErrNone = fault.New(fault.NotFound, "consent.none")
	// ErrOver is returned when a consent was withdrawn or ended before.
	ErrOver = fault.New(fault.Conflict, "consent.over")
	// ErrRequired is returned for the consent that the account stands on: it is
	// withdrawn by having the account deleted.
	ErrRequired = fault.New(fault.Conflict, "consent.required")
	// ErrNeeded is returned for what is done by consent alone, without one.
	ErrNeeded = fault.New(fault.Forbidden, "consent.needed")
)

// Purpose is what data are processed for. One consent has one purpose.
type Purpose string

// The purposes. Each has a folder of texts under its name.
const (
	Data       Purpose = "personal_data"     // to have an account at all
	Signature  Purpose = "signature"         // to sign by a code
	Extra      Purpose = "extra_data"        // to keep family, work and education for forms
	Bank       Purpose = "bank"              // to take or give data from or to a bank
	Identity   Purpose = "identity_provider" // to be recognised by another portal's sign-in
	Processing Purpose = "service"           // to have an application decided
)

// Way is how somebody agreed.
type Way string

// The ways, each with a text "consent.way_" + way.
const (
	Tick      Way = "tick"      // a box that was empty, in a session
	Code      Way = "code"      // a one-time code: a simple electronic signature
	Qualified Way = "qualified" // a qualified electronic signature
	Paper     Way = "paper"     // signed on paper at a service centre
)

// Channel is where somebody agreed or withdrew.
type Channel string

// The channels, each with a text "consent.channel_" + channel.
const (
	Web          Channel = "web"
	Desk         Channel = "desk"         // in the presence of an operator
	Registration Channel = "registration" // before consents were documents of their own
	Portal       Channel = "portal"       // by the portal itself
)

// Reason is why a consent ended.
type Reason string

// The reasons, each with a text "consent.ended_" + reason.
const (
	Withdrawn Reason = "withdrawn" // by the person
	Replaced  Reason = "replaced"  // by a consent to a newer text
	Done      Reason = "done"      // what it was about is over
	Expired   Reason = "expired"   // its term is over; such a consent has no row of its end
)

// Values fill in a text for the case at hand, in the language in which it is
// shown.
type Values struct {
	Recipient string   `json:"recipient,omitempty"` // who gets the data: a bank, an agency
	Service   string   `json:"service,omitempty"`   // title of the service
	Data      []string `json:"data,omitempty"`      // which data; none is what the text says
}

// Document is a text as it is shown: in one language, with the values in place.
type Document struct {
	Purpose    Purpose
	Version    string // the day of the wording, 2026-11-22
	Lang       i18n.Lang
	Title      string
	Intro      string
	Aim        string
	Data       []string
	Actions    string
	Recipients string
	Term       string
	Withdrawal string   // the way of it
	Stops      []string // what withdrawal stops
	Stays      []string // what the law keeps all the same
}

// Hash tells one text as shown from another.
func (d Document) Hash() []byte {
	text, err := json.Marshal(d)
	if err != nil {
		panic(err) // strings only
	}
	sum := sha256.Sum256(text)
	return sum[:]
}

// Fingerprint is the beginning of a hash, for people to compare.
func Fingerprint(hash []byte) string { return hex.EncodeToString(hash[:min(len(hash), 8)]) }

// Consent is what somebody agreed to.
type Consent struct {
	ID      string
	Account string
	Purpose Purpose
	Object  string // what it is about, as "bank/CODE" or "application/ID"; "" is the account
	Version string
	Lang    i18n.Lang // in which it was shown
	Hash    []byte    // of the text as shown; nil for those given at a registration before there were texts
	Given   time.Time
	Until   time.Time // zero: until it is withdrawn
	Channel Channel
	Proof   Evidence

	Ended   time.Time // zero while it holds
	Why     Reason
	Through Channel // by which it ended
}

// Evidence shows that it was this person who agreed, and to what. It is stored
// sealed.
type Evidence struct {
	Values   Values `json:"values,omitzero"`
	Operator string `json:"operator,omitempty"` // name and address as shown
	Session  string `json:"session,omitempty"`
	Level    string `json:"level,omitempty"` // of the account
	Way      Way    `json:"way,omitempty"`
	Staff    string `json:"staff,omitempty"` // account of the operator, for Desk
}

// Active reports whether the consent holds at a time.
func (c Consent) Active(at time.Time) bool {
	return c.Ended.IsZero() && (c.Until.IsZero() || at.Before(c.Until))
}

// reason is why a consent that is not active no longer holds.
func (c Consent) reason() Reason {
	if c.Ended.IsZero() {
		return Expired
	}
	return c.Why
}

// Filter narrows a list of consents down.
type Filter string

// The filters.
const (
	OnlyActive Filter = "active"
	OnlyPast   Filter = "past"
)

var filters = []Filter{OnlyActive, OnlyPast}

func (f Filter) known() bool { return slices.Contains(filters, f) }
