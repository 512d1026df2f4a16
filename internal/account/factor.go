package account

import (
	"slices"
	"time"

	"kabinet/internal/platform/fault"
)

// Factor is a way to prove who one is besides the password.
type Factor string

// The factors, the strongest first.
const (
	FactorPasskey Factor = "passkey"
	FactorApp     Factor = "app"    // codes of an app, TOTP
	FactorSMS     Factor = "sms"    // a code to the confirmed phone
	FactorEmail   Factor = "email"  // a code to the confirmed address
	FactorBackup  Factor = "backup" // one of the codes saved in advance
)

// Text returns the message key of the factor's name.
func (f Factor) Text() string { return "account.factor_" + string(f) }

// method is the message key of a sign-in with the password and this factor.
func (f Factor) method() string { return "account.method_" + string(f) }

// sent reports whether the portal sends the code.
func (f Factor) sent() bool { return f == FactorSMS || f == FactorEmail }

// strong reports a factor that a swapped SIM card or an opened mailbox does not
// give away.
func (f Factor) strong() bool { return f == FactorPasskey || f == FactorApp }

const (
	// backupCount is how many backup codes are made at a time, backupFew how many
	// are so few that the person is told.
	backupCount = 10
	backupFew   = 3
)

var (
	// ErrFactor is returned for a factor that the account does not have.
	ErrFactor = fault.New(fault.NotFound, "account.no_factor")
	// ErrFactorThere is returned when a factor is to be added that is there.
	ErrFactorThere = fault.New(fault.Conflict, "account.factor_there")
	// ErrFactorLocked is returned while too many wrong codes keep the second step
	// shut for the place that they came from. Passkeys work on.
	ErrFactorLocked = fault.New(fault.TooMany, "account.factor_locked")
	// ErrNoEmail is returned when an account has no confirmed address.
	ErrNoEmail = fault.New(fault.Conflict, "account.no_email")
)

// Factors is what an account has to prove its holder with besides the password.
type Factors struct {
	On       bool   // the second step is asked for
	Obliged  bool   // and cannot be switched off
	Phone    string // confirmed, E.164; "" for none
	Email    string // confirmed; "" for none
	SMS      bool   // codes go to the phone
	Mail     bool   // codes go to the address
	App      bool
	AppAdded time.Time
	AppUsed  time.Time // zero: not yet
	Passkeys int
	Backup   int       // codes that are left
	BackupAt time.Time // when they were made, zero when they never were

	password  bool // the account has one
	preferred Factor
	app       []byte // sealed secret
	appStep   int64  // the newest step of time of which a code was used
	// recovered is what the password was recovered by, "" when it was not since
	// the last second step.
	recovered Kind
}

// Has reports whether the account can be proved by f.
func (f *Factors) Has(one Factor) bool {
	switch one {
	case FactorPasskey:
		return f.Passkeys > 0
	case FactorApp:
		return f.App
	case FactorSMS:
		return f.SMS && f.Phone != ""
	case FactorEmail:
		return f.Mail && f.Email != ""
	case FactorBackup:
		return f.Backup > 0
	}
	return false
}

// Ways returns the factors for the second step, the one to begin with first.
// What the password was just recovered by does not count as a second proof of
// the same person, unless there is nothing else.
func (f *Factors) Ways() []Factor {
	var all []Factor
	for _, one := range []Factor{FactorPasskey, FactorApp, FactorSMS, FactorEmail, FactorBackup} {
		if f.Has(one) {
			all = append(all, one)
		}
	}
	if same := sentTo(f.recovered); same != "" {
		all = f.besides(same, all)
	}
	if len(all) == 0 {
		all = f.lastResort()
	}
	if i := slices.Index(all, f.preferred); i > 0 {
		all = slices.Insert(slices.Delete(all, i, i+1), 0, f.preferred)
	}
	return all
}

// besides returns the ways without the one that the password was just recovered
// by. Backup codes alone do not take its place: many have lost theirs. A
// confirmed contact that was not chosen for codes does.
func (f *Factors) besides(same Factor, all []Factor) []Factor {
	others := slices.DeleteFunc(slices.Clone(all), func(one Factor) bool { return one == same })
	if len(others) > 0 && others[0] != FactorBackup {
		return others
	}
	switch {
	case same == FactorSMS && f.Email != "":
		return append([]Factor{FactorEmail}, others...)
	case same == FactorEmail && f.Phone != "":
		return append([]Factor{FactorSMS}, others...)
	}
	return all
}

// lastResort is what is left to those who have no factor: a confirmed contact.
func (f *Factors) lastResort() []Factor {
	switch {
	case f.Phone != "":
		return []Factor{FactorSMS}
	case f.Email != "":
		return []Factor{FactorEmail}
	}
	return nil
}

// sentTo is the factor whose codes go to a kind of contact, "" for the others.
func sentTo(k Kind) Factor {
	switch k {
	case Phone:
		return FactorSMS
	case Email:
		return FactorEmail
	}
	return ""
}

// to is where codes of a factor go.
func (f *Factors) to(one Factor) Login {
	switch one {
	case FactorSMS:
		return Login{Phone, f.Phone}
	case FactorEmail:
		return Login{Email, f.Email}
	}
	return Login{}
}

// Strong reports whether the account has a factor that is more than a code sent
// to a contact.
func (f *Factors) Strong() bool { return f.App || f.Passkeys > 0 }

// Last reports whether one is the only factor that is left; backup codes alone
// are none.
func (f *Factors) Last(one Factor) bool {
	if one == FactorPasskey && f.Passkeys > 1 {
		return false
	}
	for _, other := range []Factor{FactorPasskey, FactorApp, FactorSMS, FactorEmail} {
		if other != one && f.Has(other) {
			return false
		}
	}
	return true
}
