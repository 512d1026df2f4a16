package outside

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"kabinet/internal/account"
	"kabinet/internal/outside/esia"
	"kabinet/internal/person"
	"kabinet/internal/platform/web/webtest"
	"kabinet/internal/sandbox"
)

// atESIA goes to ЕСИА, chooses one of the sandbox's people at a level there and
// comes back.
func atESIA(b *webtest.Browser, i int, level, flaw string) *webtest.Page {
	return b.Get("/outside/to/esia").Form("main form").Set("person", fmt.Sprint(i+1)).Set("level", level).Set("flaw", flaw).Send()
}

// Proves, S-01
func TestSomebodyRegistersThroughESIAAtTheLevelTheyHaveThere(t *testing.T) {
	t.Parallel()
	for i, tt := range []struct {
		there string
		want  account.Level
		parts []person.Part
	}{
		{"confirmed", account.Confirmed, person.Parts},
		{"standard", account.Standard, person.Parts},
		{"simplified", account.Simplified, nil},
	} {
		t.Run(tt.there, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			b := w.browser()
			page := atESIA(b, 3+i, tt.there, "ok").Form(`form[action$="/agree"]`).Set("agree", "on").Send()
			page.Form(`form[action$="/register"]`).Set("consent", "on").Send()
			owner := w.accountOf(b)
			if owner == "" {
				t.Fatal("nobody is signed in")
			}
			a, err := w.accounts.Account(t.Context(), owner)
			want(t, err, nil)
			p, err := w.people.Person(t.Context(), owner)
			want(t, err, nil)
			if who := sandbox.People[3+i]; a.Level != tt.want || !slices.Equal(p.Verified, tt.parts) || p.Surname != who.Surname || p.BirthDate != who.BirthDate {
				t.Errorf("level %s, %+v", a.Level, p)
			}
			again := w.browser()
			if page := atESIA(again, 3+i, tt.there, "ok"); tt.want == account.Confirmed {
				// A password at ЕСИА is one step; the second is ours.
				page.Form("main form").Set("code", w.code(sandbox.People[3+i].Phone)).Send()
			}
			if got := w.accountOf(again); got != owner {
				t.Errorf("the second time %q is signed in, want %q", got, owner)
			}
		})
	}
}

func TestALevelThatRoseAtESIARisesHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	page := atESIA(b, 3, "simplified", "ok").Form(`form[action$="/agree"]`).Set("agree", "on").Send()
	page.Form(`form[action$="/register"]`).Set("consent", "on").Send()
	owner := w.accountOf(b)
	atESIA(b, 3, "confirmed", "ok")
	if a, err := w.accounts.Account(t.Context(), owner); err != nil || a.Level != account.Confirmed {
		t.Errorf("level %s, %v", a.Level, err)
	}
}

func TestRefusalsOfESIAAreToldInPlainWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for flaw, words := range map[string]string{
		"007004": "отменён", "007007": "сейчас не отвечает", "007008": "сейчас не отвечает", "007046": "не удалось отправить вам код", "007055": "не подтверждена",
		"expired": "Начните вход заново", "reused": "Начните вход заново", "state": "не прошёл проверку", "issuer": "не прошёл проверку", "type": "не прошёл проверку",
	} {
		page := atESIA(w.browser(), 0, "confirmed", flaw)
		says(t, page, words)
		if strings.Contains(page.Text("main"), "ESIA-") || page.Status < 400 {
			t.Errorf("%s: %d %s", flaw, page.Status, page.Text("main"))
		}
	}
	says(t, atESIA(w.browser(), 0, "child", "ok"), "учётная запись ребёнка")
	page := atESIA(w.browser(), 0, "confirmed", "checksum")
	if strings.Contains(page.Text("main"), "СНИЛС") {
		t.Error("a number with wrong check digits is taken")
	}
	if n := w.arrivals(); n != 1 {
		t.Errorf("%d people were believed, want the last one", n)
	}
	for code, want := range map[string]error{"007002": ErrSetup, "007053": ErrSetup, "008010": ErrSetup, "": ErrSetup, "036705": ErrDenied, "007011": ErrOver} {
		if got := refusedBy(&esia.Error{Code: code}); !errors.Is(got, want) {
			t.Errorf("%s: %v", code, got)
		}
	}
}

func TestFaultsOfTheOperatorsFileAreAllTold(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		says string
		file string
		want []string
	}{
		{"a word that nobody knows", "providers: [{id: a1, kidn: bank}]", []string{"kidn"}},
		{"nothing in it", "providers: [{id: A, kind: shop, level: high, vouches: [name]}]",
			[]string{"id must be", "kind is", "title needs", "level is", "vouches knows", "kind esia needs"}},
		{"a bank", "providers: [{id: b1, kind: bank, title: {ru: Б, en: B}, oidc: {issuer: 'http://bank.example.test', secret_in: mail, algorithms: [HS256], claims: {age: x}, endpoints: {token: 'ftp://x'}}}]",
			[]string{"oidc.issuer", "oidc.client_id", "oidc.secret_in", "oidc.algorithms", "oidc.claims", "oidc.secret", "oidc.endpoints"}},
		{"ЕСИА", "providers: [{id: e1, kind: esia, title: {ru: Е, en: E}, esia: {url: 'http://esia.example.test', flow: rsa, algorithms: [none]}}]",
			[]string{"esia.url", "esia.flow", "esia.issuer", "esia.client_id", "esia.scopes", "esia.signer", "esia.algorithms", "esia.token_keys"}},
		{"two of one name", "providers: [{id: b1, kind: bank, title: {ru: Б, en: B}, oidc: {issuer: 'https://b.example.test', client_id: k, secret: s}}, {id: b1, kind: bank, title: {ru: Б, en: B}, oidc: {issuer: 'https://b.example.test', client_id: k, secret: s}}]",
			[]string{"twice"}},
		{"none", "providers: []", nil},
	} {
		_, err := ReadProviders([]byte(tt.file), t.TempDir(), nil)
		if (err == nil) != (tt.want == nil) {
			t.Errorf("%s: %v", tt.says, err)
			continue
		}
		for _, words := range tt.want {
			if !strings.Contains(err.Error(), words) {
				t.Errorf("%s: nothing is said of %q: %v", tt.says, words, err)
			}
		}
	}
}
