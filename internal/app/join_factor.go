package app

import (
	"fmt"
	"time"

	"kabinet/internal/account"
)

// Passwords is the operator's policy of passwords.
type Passwords struct {
	Profile  string        `config:"profile" default:"classes" oneof:"classes modern" help:"Rules for new passwords. classes: 8 characters with capital and small letters, digits and signs. modern: 15 characters of anything, 8 where a second factor is asked for."`
	Staff    string        `config:"staff" default:"same" oneof:"same regulated" help:"Rules for members of staff. regulated: 10 characters of all classes and a change after staff_age, where a local act demands it."`
	StaffAge time.Duration `config:"staff_age" default:"4320h" min:"24h" max:"87600h" help:"How old a password under the regulated rules may get."`
	Remind   time.Duration `config:"remind_after" default:"4320h" min:"0s" max:"87600h" help:"How old a password gets before its holder is reminded; everybody can switch that off. 0s reminds nobody. Nothing is forced."`
	Leaked   string        `config:"leaked" example:"/var/lib/kabinet/pwned-passwords.txt" help:"File of leaked passwords: their SHA-1 in ascending order, one a line, as «Pwned Passwords» is handed out. Without it only the list that comes with the program is used."`
}

// policy opens what the settings name.
func (p Passwords) policy() (account.Passwords, error) {
	policy := account.Passwords{Profile: account.Profile(p.Profile), StaffAge: p.StaffAge, RemindAfter: p.Remind}
	if p.Staff != "same" {
		policy.Staff = account.Profile(p.Staff)
	}
	if p.Leaked == "" {
		return policy, nil
	}
	var err error
	if policy.Leaked, err = account.OpenLeaked(p.Leaked); err != nil {
		return policy, fmt.Errorf("opening the list of leaked passwords: %w", err)
	}
	return policy, nil
}
