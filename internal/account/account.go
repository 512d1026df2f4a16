package account

import (
	"cmp"
	"slices"
	"time"

	"kabinet/internal/platform/fault"
)

// Level says how well it is known who the person is.
type Level string

// Levels, lowest first.
const (
	Simplified Level = "simplified" // a phone number answered
	Standard   Level = "standard"   // personal data are filled in and checked
	Confirmed  Level = "confirmed"  // the identity was proved
)

var levels = []Level{Simplified, Standard, Confirmed}

// AtLeast reports whether l opens what needs the level other.
func (l Level) AtLeast(other Level) bool {
	return slices.Index(levels, l) >= slices.Index(levels, other)
}

// Text returns the message key of the level's name.
func (l Level) Text() string { return "account.level_" + string(l) }

// Account is what is known of an account without opening anything sealed.
type Account struct {
	ID           string
	Number       string // «номер ЛК»: 10 digits that the person tells support
	Level        Level
	Staff        bool // may enter the desk, so sessions are shorter
	SecondFactor bool // the person wants a code at every sign-in from a new device
	Lang         string
	Created      time.Time
	Phone, Email bool // there is a confirmed one

	askAt time.Time // when to ask whether the contacts are right; zero: askEvery after Created
}

// NeedsSecond reports whether a password alone does not let the person in.
func (a Account) NeedsSecond() bool { return a.SecondFactor || a.obliged() }

// obliged reports whether the second step cannot be switched off.
func (a Account) obliged() bool { return a.Staff || a.Level == Confirmed }

// Name is how a person is called.
type Name struct {
	Surname    string
	Name       string
	Patronymic string // "" when there is none
}

// Client is where a request came from.
type Client struct {
	IP      string
	Agent   string            // User-Agent, as sent
	Browser string            // value of the cookie that ties a flow to one browser
	Devices map[string]string // secrets of known devices: DeviceKey of an account → value of its cookie
}

// Failures a person may be told about.
var (
	// ErrWrong is returned for a wrong login or password, whichever it is.
	ErrWrong = fault.New(fault.Invalid, "account.wrong")
	// ErrLocked is returned while too many wrong passwords keep this login shut
	// for the place they came from, whether there is such an account or not.
	ErrLocked = fault.New(fault.TooMany, "account.locked")
	// ErrCode is returned for a code that does not fit.
	ErrCode = fault.New(fault.Invalid, "account.code_wrong")
	// ErrCodeOver is returned when a code is too old, used, or was missed too
	// often: a new one must be asked for.
	ErrCodeOver = fault.New(fault.Invalid, "account.code_over")
	// ErrTooSoon is returned when a new code is asked for within CodeResend.
	ErrTooSoon = fault.New(fault.TooMany, "account.code_too_soon")
	// ErrFlow is returned for steps that are unknown, over, or of another browser.
	ErrFlow = fault.New(fault.NotFound, "account.flow_over")
	// ErrTaken is returned when a phone or e-mail belongs to another account.
	ErrTaken = fault.New(fault.Conflict, "account.taken")
	// ErrPassword is returned for a new password that the rules refuse.
	ErrPassword = fault.New(fault.Invalid, "account.password_weak")
	// ErrSession is returned for a session or device that is not there.
	ErrSession = fault.New(fault.NotFound, "account.no_session")
	// ErrLink is returned for a link from a letter that is unknown, used or old.
	ErrLink = fault.New(fault.NotFound, "account.link_over")
	// ErrNoMail is returned when the portal cannot send letters.
	ErrNoMail = fault.New(fault.NotFound, "account.no_mail")
	// ErrNone is returned when there is no such account.
	ErrNone = fault.New(fault.NotFound, "account.none")
)

// Limits of time and number. Source: security 2, 3.
const (
	CodeDigits = 6
	CodeLife   = 5 * time.Minute  // by SMS
	EmailLife  = 10 * time.Minute // by e-mail, which may be slower
	CodeTries  = 5
	CodeResend = time.Minute

	flowLife = time.Hour // from the first step to the last
	// recoverLife is how long a recovery may take in all. Source: A-101.
	recoverLife = 15 * time.Minute
	linkLife    = 24 * time.Hour

	Idle        = 15 * time.Minute
	citizenLife = 24 * time.Hour
	staffLife   = 12 * time.Hour
	alienLife   = time.Hour // «Чужой компьютер»
	seenEvery   = time.Minute
	// recoveredFor is how long a recovery of access opens what the holder had
	// shut for suspicious sign-ins.
	recoveredFor = time.Hour
	// denyFor is how long a sign-in can be denied by the link in its notice.
	denyFor = 30 * 24 * time.Hour
	// skew is how far back the clock may step before sessions begun "later" end.
	skew = 5 * time.Minute
	// freshFor is how long a proof of identity serves for acts that need one.
	freshFor = 5 * time.Minute

	deviceLife = 90 * 24 * time.Hour
	keptLife   = 24 * time.Hour
	keptMax    = 64 << 10 // bytes of a form kept over a sign-in
	// historyLife is how long sign-ins and ended sessions are kept.
	historyLife = 365 * 24 * time.Hour

	failuresToLock = 5
	failuresEver   = 100 // from all sources together, until unlocked by a code
	lockFirst      = 15 * time.Minute
	lockLongest    = 24 * time.Hour
)

// Locks says when wrong passwords shut a login. A zero field is the default.
type Locks struct {
	Failures   int           // in a row from one source; default 5
	First      time.Duration // how long the first lock lasts; default 15 minutes
	Longest    time.Duration // each further failure doubles it up to this; default 24 hours
	Everywhere int           // failures from all sources together that shut it until unlocked by a code; default 100
}

func (l Locks) filled() Locks {
	return Locks{cmp.Or(l.Failures, failuresToLock), cmp.Or(l.First, lockFirst), cmp.Or(l.Longest, lockLongest), cmp.Or(l.Everywhere, failuresEver)}
}

// after returns how long the n-th failure in a row shuts a login for its source.
func (l Locks) after(n int) time.Duration {
	if n < l.Failures {
		return 0
	}
	return min(l.First<<min(n-l.Failures, 10), l.Longest)
}

// Lives are how long sessions last. Zero values are the defaults: 15 minutes
// without doing anything; 24 hours in all, 12 for clerks, one on a stranger's
// computer. Source: A-86, SP 800-63B-4 2.2.3, ASVS 7.3.
type Lives struct {
	Idle, Citizen, Staff, Alien time.Duration
}

func (l Lives) withDefaults() Lives {
	for _, d := range []struct {
		value    *time.Duration
		fallback time.Duration
	}{{&l.Idle, Idle}, {&l.Citizen, citizenLife}, {&l.Staff, staffLife}, {&l.Alien, alienLife}} {
		if *d.value == 0 {
			*d.value = d.fallback
		}
	}
	return l
}

// most returns how long a session lasts at most.
func (l Lives) most(staff, alien bool) time.Duration {
	switch {
	case alien:
		return l.Alien
	case staff:
		return l.Staff
	}
	return l.Citizen
}

// seenEvery is how exactly it is known when a session was last used: less often
// written than asked.
func (l Lives) seenEvery() time.Duration { return min(seenEvery, l.Idle/20) }
