package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type mailPart struct {
	Server   string        `config:"server" check:"address" help:"SMTP server."`
	Timeout  time.Duration `config:"timeout" default:"10s" min:"1s" max:"5m" help:"How long one letter may take."`
	Password Secret        `config:"password" help:"Password of the SMTP user."`
	From     string        `config:"from" check:"email" default:"portal@example.test" help:"Sender."`
}

func (m *mailPart) Check(fault func(name, text string)) {
	if !m.Password.IsZero() && m.Server == "" {
		fault("server", "is required when there is a password")
	}
}

type whole struct {
	URL     string   `config:"url" required:"true" check:"url" example:"https://portal.example.test" help:"Address of the portal."`
	Log     string   `config:"log" default:"json" oneof:"json text" help:"Form of the log."`
	Zone    string   `config:"zone" default:"Europe/Moscow" check:"timezone" help:"Time zone."`
	Workers int      `config:"workers" default:"4" min:"1" max:"64" help:"Jobs at once."`
	Ratio   float64  `config:"ratio" default:"0.05" min:"0" max:"1" help:"Share of traces that is kept."`
	Open    bool     `config:"open" help:"Registration is open."`
	Proxies []string `config:"proxies" default:"10.0.0.1,10.0.0.2" max:"3" help:"Trusted proxies."`
	Mail    mailPart `config:"mail" help:"Letters."`
	Skipped chan int `config:"-"`
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheEnvironmentWinsOverTheFileOverTheDefaults(t *testing.T) {
	t.Parallel()
	var got whole
	err := Load(&got, Source{
		File: write(t, "k.yaml", `
# a comment
url: https://file.example.test
workers: 8
open: true
proxies: [192.0.2.1, "192.0.2.2"]
log:
mail:
  server: mail.example.test:25
  timeout: 30s
  password: |
    two
    lines
`),
		Env:   []string{"KABINET_URL=https://env.example.test", "KABINET_MAIL_TIMEOUT=1m", "KABINET_WORKERS=", "PATH=/bin", "KABINET_TEST_PG=postgres://"},
		Other: []string{"KABINET_TEST_PG"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := whole{
		URL: "https://env.example.test", Log: "json", Zone: "Europe/Moscow", Workers: 8, Ratio: 0.05, Open: true,
		Proxies: []string{"192.0.2.1", "192.0.2.2"},
		Mail:    mailPart{"mail.example.test:25", time.Minute, NewSecret("two\nlines\n"), "portal@example.test"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Secret{})); diff != "" {
		t.Error(diff)
	}
}

func TestListsComeFromDefaultsAndTheEnvironmentWithCommas(t *testing.T) {
	t.Parallel()
	var a, b whole
	if err := Load(&a, Source{Env: []string{"KABINET_URL=https://a.test"}}); err != nil {
		t.Fatal(err)
	}
	if err := Load(&b, Source{Env: []string{"KABINET_URL=https://a.test", "KABINET_PROXIES=192.0.2.9 , 192.0.2.8,"}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{{"10.0.0.1", "10.0.0.2"}, {"192.0.2.9", "192.0.2.8"}}, [][]string{a.Proxies, b.Proxies}); diff != "" {
		t.Error(diff)
	}
}

func TestASecretCanStandInAFile(t *testing.T) {
	t.Parallel()
	key := write(t, "key", "s3cret\n")
	for name, src := range map[string]Source{
		"named by a variable": {Env: []string{"KABINET_MAIL_PASSWORD_FILE=" + key}},
		"named by the file":   {File: write(t, "k.yaml", "mail:\n  password_file: "+key+"\n")},
	} {
		t.Run(name, func(t *testing.T) {
			src.Env = append(src.Env, "KABINET_URL=https://a.test", "KABINET_MAIL_SERVER=a:25")
			var got whole
			if err := Load(&got, src); err != nil {
				t.Fatal(err)
			}
			if got.Mail.Password.Reveal() != "s3cret" {
				t.Errorf("got %q", got.Mail.Password.Reveal())
			}
		})
	}
}

func TestAllFaultsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	empty, path := write(t, "empty", " \n"), write(t, "kabinet.yaml", `wokers: 3
log: xml
workers: 100
ratio: many
open: yes
zone: Mars
proxies:
  - {a: b}
mail:
  server: nowhere
  timeuot: 3s
  timeout: 1h
  from: Portal <a@b.test>
  password: hunter2
  password_file: x
url_file: y
log: text
`)
	err := Load(&whole{}, Source{File: path, Env: []string{
		"KABINET_ULR=https://x.test", "KABINET_WHATEVER_ELSE_THERE_IS=1", "KABINET_PROXIES=a,b,c,d", "KABINET_MAIL_PASSWORD=x", "KABINET_MAIL_PASSWORD_FILE=" + empty,
	}})
	var faults Faults
	if !errors.As(err, &faults) {
		t.Fatalf("got %v", err)
	}
	var got []string
	for _, f := range faults {
		got = append(got, strings.ReplaceAll(f.String(), path, "kabinet.yaml"))
	}
	want := []string{
		"kabinet.yaml:1: wokers: there is no such setting: did you mean workers?",
		`kabinet.yaml:2: log: "xml" is none of json, text`,
		"kabinet.yaml:3: workers: must be from 1 to 64",
		`kabinet.yaml:4: ratio: "many" is not a number`,
		`kabinet.yaml:5: open: "yes" is neither true nor false`,
		`kabinet.yaml:6: zone: "Mars" is not a time zone like Europe/Moscow`,
		"kabinet.yaml:7: proxies: must be a list of plain values",
		`kabinet.yaml:10: mail.server: "nowhere" is not host:port like 127.0.0.1:8080`,
		"kabinet.yaml:11: mail.timeuot: there is no such setting: did you mean mail.timeout?",
		"kabinet.yaml:12: mail.timeout: must be from 1s to 5m",
		`kabinet.yaml:13: mail.from: "Portal <a@b.test>" is not a mail address like portal@example.test`,
		"kabinet.yaml:15: mail.password: is given twice: drop mail.password or mail.password_file",
		"kabinet.yaml:16: url_file: there is no such setting: see kabinet config for the settings there are",
		"kabinet.yaml:17: log: stands there twice: remove one",
		"KABINET_PROXIES: proxies: a list of 4: must be at most 3",
		"KABINET_MAIL_PASSWORD: mail.password: is given twice: drop KABINET_MAIL_PASSWORD or KABINET_MAIL_PASSWORD_FILE",
		"KABINET_ULR: there is no such setting: did you mean KABINET_URL?",
		"KABINET_WHATEVER_ELSE_THERE_IS: there is no such setting: see kabinet config for the settings there are",
		"url: is required: set it in the file or as KABINET_URL",
		"mail.server: is required when there is a password",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Error("a secret is printed")
	}
}

func TestFilesThatAreNoConfiguration(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"broken YAML":           {"url: [1,\n", "is not YAML"},
		"a broken secret":       {"mail:\n  password: hunter2: x\n", "is not YAML"},
		"a list":                {"- url\n", "is a group of settings"},
		"a group with a value":  {"url: https://a.test\nmail: 25\n", "mail: is a group of settings"},
		"a list for one value":  {"url: [https://a.test, https://b.test]\n", "is one value, not a list"},
		"a group for one value": {"url:\n  a: b\n", "must be a plain value"},
		"two documents":         {"url: https://a.test\n---\nopen: true\n", "more than one document"},
		"nothing":               {"# only a comment\n", "url: is required"},
	} {
		t.Run(name, func(t *testing.T) {
			err := Load(&whole{}, Source{File: write(t, "k.yaml", tt.text)})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want it to say %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("a secret is printed: %v", err)
			}
		})
	}
	for name, src := range map[string]Source{
		"cannot be read":                {File: "/nowhere/kabinet.yaml"},
		"there is no file /nowhere/key": {Env: []string{"KABINET_MAIL_PASSWORD_FILE=/nowhere/key"}},
		"is empty":                      {Env: []string{"KABINET_MAIL_PASSWORD_FILE=" + write(t, "key", "\n")}},
	} {
		if err := Load(&whole{}, src); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want it to say %q", err, name)
		}
	}
}

func TestASecretIsNeverShown(t *testing.T) {
	t.Parallel()
	s := struct{ Key Secret }{NewSecret("hunter2")}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%v %+v %#v %s %q %x %d", s, s, s, s.Key, s.Key, s.Key, s)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("start", "config", s, "key", s.Key)
	slog.New(slog.NewTextHandler(&out, nil)).Info("start", "config", s, "key", s.Key)
	if err := json.NewEncoder(&out).Encode(s); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "hunter2") || strings.Contains(out.String(), fmt.Sprintf("%x", "hunter2")) {
		t.Errorf("shown in %s", out.String())
	}
	if !strings.Contains(out.String(), "[secret]") || fmt.Sprint(Secret{}) != "[none]" {
		t.Errorf("no mask in %s", out.String())
	}
}

func TestTheExampleShowsEverySettingAndLoads(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := Example(&out, &whole{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"# Address of the portal.\n# KABINET_URL; required\n# url: \"https://portal.example.test\"",
		"# KABINET_LOG; one of json, text\nlog: \"json\"",
		"# KABINET_WORKERS; must be from 1 to 64\nworkers: 4",
		"proxies: [10.0.0.1, 10.0.0.2]",
		"# Letters.\nmail:\n  # SMTP server.\n",
		"  # KABINET_MAIL_PASSWORD; secret\n  # password:\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	var fromFile, fromDefaults whole
	env := []string{"KABINET_URL=https://a.test"}
	if err := Load(&fromFile, Source{File: write(t, "k.yaml", out.String()), Env: env}); err != nil {
		t.Fatal(err)
	}
	if err := Load(&fromDefaults, Source{Env: env}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fromDefaults, fromFile, cmp.AllowUnexported(Secret{})); diff != "" {
		t.Error(diff)
	}
}

func TestMistakesInTagsAreErrors(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		cfg  any
		want string
	}{
		"not a pointer": {whole{}, "not a pointer to a struct"},
		"no name":       {&struct{ A string }{}, "no tag config"},
		"no help": {&struct {
			A string `config:"a"`
		}{}, "a has no help"},
		"a strange type": {&struct {
			A chan int `config:"a" help:"x"`
		}{}, "cannot be set"},
		"a default that fails": {&struct {
			A int `config:"a" help:"x" default:"9" max:"5"`
		}{}, "default of a: must be at most 5"},
		"an unknown check": {&struct {
			A string `config:"a" help:"x" check:"zip"`
		}{}, `unknown check "zip"`},
		"one variable for two": {&struct {
			A string `config:"b_c" help:"x"`
			B struct {
				C string `config:"c" help:"x"`
			} `config:"b"`
		}{}, "b_c and b.c have the same variable KABINET_B_C"},
	} {
		t.Run(name, func(t *testing.T) {
			err := Load(tt.cfg, Source{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want it to say %q", err, tt.want)
			}
		})
	}
}
