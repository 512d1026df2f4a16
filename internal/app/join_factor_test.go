package app

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/platform/config"
)

func TestTheSettingsOfPasswordsAreRead(t *testing.T) {
	t.Parallel()
	list := filepath.Join(t.TempDir(), "leaked.txt")
	if err := os.WriteFile(list, []byte("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var c Config
	err := config.Load(&c, config.Source{Env: []string{"KABINET_PASSWORDS_PROFILE=modern", "KABINET_PASSWORDS_STAFF=regulated", "KABINET_PASSWORDS_STAFF_AGE=1440h",
		"KABINET_PASSWORDS_REMIND_AFTER=0s", "KABINET_PASSWORDS_LEAKED=" + list}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.Passwords.policy()
	if err != nil {
		t.Fatal(err)
	}
	if p.Profile != account.Modern || p.Staff != account.Regulated || p.StaffAge != 1440*time.Hour || p.RemindAfter != 0 {
		t.Errorf("the policy is %+v", p)
	}
	if found, err := p.Leaked.Has("password"); !found || err != nil {
		t.Errorf("the list is not used: %v", err)
	}
	c = Config{}
	if err := config.Load(&c, config.Source{}); err != nil {
		t.Fatal(err)
	}
	if p, err := c.Passwords.policy(); err != nil || p.Profile != account.Classes || p.Staff != "" || p.RemindAfter != 180*24*time.Hour || p.Leaked != nil {
		t.Errorf("without settings the policy is %+v, %v", p, err)
	}
	c.Passwords.Leaked = filepath.Join(t.TempDir(), "none")
	if _, err := c.Passwords.policy(); err == nil {
		t.Error("a list that is not there goes unnoticed")
	}
}
