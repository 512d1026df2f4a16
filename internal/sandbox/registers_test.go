package sandbox

import (
	"encoding/json"
	"maps"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// checkBody is a question about the first of People, with changes.
func checkBody(change map[string]any) string {
	p := People[0]
	body := map[string]any{"requestId": "q1", "surname": p.Surname, "name": p.Name, "patronymic": p.Patronymic, "birthDate": p.BirthDate,
		"series": p.PassportSeries, "number": p.PassportNumber, "issuedOn": p.IssuedOn, "divisionCode": p.DivisionCode, "snils": p.SNILS}
	maps.Copy(body, change)
	out, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return string(out)
}

// Proves: S-08, S-09
func TestRegistersOfPapersCompareWhatTheyAreAsked(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	for _, tt := range []struct {
		says, path string
		change     map[string]any
		want       verdict
	}{
		{"the passport is valid, and where its holder lives", "/passport/v1/checks", nil, verdict{Status: "valid", Address: People[0].Address}},
		{"case and ё make no difference", "/passport/v1/checks", map[string]any{"surname": "СОКОЛОВА"}, verdict{Status: "valid", Address: People[0].Address}},
		{"another birth date is named", "/passport/v1/checks", map[string]any{"birthDate": "1991-03-15"}, verdict{Status: "mismatch", Fields: []string{"birthDate"}}},
		{"the day of issue counts", "/passport/v1/checks", map[string]any{"issuedOn": "2012-03-20"}, verdict{Status: "mismatch", Fields: []string{"issuedOn"}}},
		{"no such passport", "/passport/v1/checks", map[string]any{"number": "000009"}, verdict{Status: "not_found"}},
		{"the СНИЛС is this person's", "/pension/v1/insured", nil, verdict{Status: "valid"}},
		{"the СНИЛС is somebody else's", "/pension/v1/insured", map[string]any{"snils": People[1].SNILS}, verdict{Status: "mismatch", Fields: []string{"surname", "name", "patronymic", "birthDate"}}},
		{"the ИНН of the holder", "/tax/v1/numbers", nil, verdict{Status: "valid", INN: People[0].INN}},
	} {
		t.Run(tt.says, func(t *testing.T) {
			t.Parallel()
			status, answer := s.call(t, "POST", tt.path, checkBody(tt.change))
			var got verdict
			if err := json.Unmarshal([]byte(answer), &got); err != nil || status != 200 {
				t.Fatalf("%d %s", status, answer)
			}
			tt.want.RequestID = "q1"
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if status, answer := s.call(t, "POST", "/passport/v1/checks", checkBody(map[string]any{"birthDate": "вчера"})); status != 422 || !strings.Contains(answer, "birthDate") {
		t.Errorf("nonsense: %d %s", status, answer)
	}
}

func TestVisitorSetsWhatTheRegistersSay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newStand(t, Options{Dir: dir})
	doc, resp := s.submit(t, "/registers", s.url, url.Values{"person": {"1"}, "passport": {StateExpired}, "pension": {StateDead}, "tax": {StateMissing}})
	if resp.StatusCode != 200 || text(doc, "#person-1 [role=status]") == "" {
		t.Fatalf("setting: %d %s", resp.StatusCode, text(doc, "main"))
	}
	for path, want := range map[string]string{"/passport/v1/checks": "expired", "/pension/v1/insured": "dead", "/tax/v1/numbers": "not_found"} {
		if _, answer := s.call(t, "POST", path, checkBody(nil)); !strings.Contains(answer, `"status":"`+want+`"`) {
			t.Errorf("%s says %s, want %s", path, answer, want)
		}
	}
	if status, _ := s.call(t, "POST", "/registers", `{"person":"1","passport":"odd"}`); status != 422 {
		t.Errorf("an unknown state: %d", status)
	}
	if status, _ := s.call(t, "POST", "/registers", `{"person":"`+People[0].SNILS+`","passport":"other"}`); status != 200 {
		t.Errorf("by the СНИЛС: %d", status)
	}
	again := newStand(t, Options{Dir: dir})
	if _, answer := again.call(t, "POST", "/passport/v1/checks", checkBody(nil)); !strings.Contains(answer, "issued_to_another") {
		t.Errorf("after the restart: %s", answer)
	}
}

// Proves: S-06
func TestPostOfficeCarriesLetters(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newStand(t, Options{Dir: dir})
	const order = `{"id":"l1","name":"Соколова М. А.","address":"ул. Садовая, 12","text":"Код: АБВ-123"}`
	for range 2 {
		if status, answer := s.call(t, "POST", "/post/v1/letters", order); status != 202 || !strings.Contains(answer, "in_transit") {
			t.Fatalf("ordering: %d %s", status, answer)
		}
	}
	if status, _ := s.call(t, "POST", "/post/v1/letters", strings.Replace(order, "123", "124", 1)); status != 409 {
		t.Errorf("the id of another letter: %d, want 409", status)
	}
	if status, answer := s.call(t, "POST", "/post/v1/letters", `{"id":"l2"}`); status != 422 || !strings.Contains(answer, `["address","name","text"]`) {
		t.Errorf("an empty order: %d %s", status, answer)
	}
	doc, _ := s.submit(t, "/post/l1/deliver", s.url, nil)
	if got := text(doc, ".tag"); got != "доставлено" {
		t.Errorf("after the delivery the page says %q", got)
	}
	again := newStand(t, Options{Dir: dir})
	if _, answer := again.call(t, "GET", "/post/v1/letters/l1", ""); !strings.Contains(answer, "delivered") {
		t.Errorf("after the restart: %s", answer)
	}
	if _, answer := again.call(t, "GET", "/letters.json?to=соколова", ""); !strings.Contains(answer, "АБВ-123") {
		t.Errorf("letters: %s", answer)
	}
}
