package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// seen remembers which messages a story has read.
type seen struct {
	mu  sync.Mutex
	ids map[string]bool
}

func (s *seen) first(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ids == nil {
		s.ids = map[string]bool{}
	}
	was := s.ids[id]
	s.ids[id] = true
	return !was
}

// SMS waits for the newest message to a phone (E.164) that was not read yet and
// holds what matches.
func (s *Stand) SMS(t *testing.T, phone string, what *regexp.Regexp) string {
	t.Helper()
	return s.message(t, "/sms.json?to="+url.QueryEscape(phone), what)
}

// Mail waits for the newest letter to an address that was not read yet and
// holds what matches, and returns its subject and text.
func (s *Stand) Mail(t *testing.T, address string, what *regexp.Regexp) string {
	t.Helper()
	return s.message(t, "/mail.json?to="+url.QueryEscape(address), what)
}

func (s *Stand) message(t *testing.T, path string, what *regexp.Regexp) string {
	t.Helper()
	client := &http.Client{Timeout: 5 * time.Second}
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		resp, err := client.Get(s.Sandbox + path)
		if err != nil {
			t.Fatal(err)
		}
		var list []struct {
			ID                       json.RawMessage
			MessageID, Subject, Text string
		}
		err = json.NewDecoder(resp.Body).Decode(&list)
		resp.Body.Close()
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, m := range list {
			if text := m.Subject + "\n" + m.Text; what.MatchString(text) && s.seen.first(string(m.ID)+" "+m.MessageID) {
				return text
			}
		}
	}
	t.Fatalf("no new message with %s at %s within %s", what, path, patience)
	return ""
}

var codeShape = regexp.MustCompile(`(?:^|[^\d-])(\d{6})(?:[^\d-]|$)`)

// SMSCode waits for the newest code sent to a phone (E.164) that was not read yet.
func (s *Stand) SMSCode(t *testing.T, phone string) string {
	t.Helper()
	return codeShape.FindStringSubmatch(s.SMS(t, phone, codeShape))[1]
}

// Partner switches a simulated partner (sms, mail, tax) to ok, slow, down or
// broken until the test ends.
func (s *Stand) Partner(t *testing.T, partner, mode string) {
	t.Helper()
	set := func(mode string) {
		body, err := json.Marshal(map[string]string{"partner": partner, "mode": mode})
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.Post(s.Sandbox+"/faults", "application/json", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode >= 300 {
			t.Fatalf("setting %s to %s: %s", partner, mode, resp.Status)
		}
	}
	set(mode)
	if mode != "ok" {
		t.Cleanup(func() { set("ok") })
	}
}

// plain folds the typographic spaces of pages, so that stories can write usual ones.
func plain(s string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2011", "-").Replace(s)), " ")
}
