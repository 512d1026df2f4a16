package sandbox

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// SMS is a message that the gateway took.
type SMS struct {
	ID   string    `json:"id"` // made by the client; the second message with it is the first one again
	To   string    `json:"to"` // E.164
	Text string    `json:"text"`
	Time time.Time `json:"time"`
}

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// SMSTo returns the messages to a phone, newest first; "" stands for every phone.
// Only digits are compared, and a leading 8 is the same as 7.
func (s *Sandbox) SMSTo(phone string) []SMS {
	s.mu.Lock()
	defer s.mu.Unlock()
	want := phoneDigits(phone)
	var found []SMS
	for _, m := range slices.Backward(s.sms) {
		if phone == "" || phoneDigits(m.To) == want {
			found = append(found, *m)
		}
	}
	return found
}

func phoneDigits(v string) string {
	d := digits(v)
	if len(d) == 11 && d[0] == '8' {
		return "7" + d[1:]
	}
	return d
}

// sendSMS is POST /sms/send.
func (s *Sandbox) sendSMS(w http.ResponseWriter, r *http.Request) {
	var m SMS
	if !readJSON(w, r, &m) {
		return
	}
	var wrong []string
	if m.ID == "" || len(m.ID) > 100 {
		wrong = append(wrong, "id")
	}
	if !e164.MatchString(m.To) {
		wrong = append(wrong, "to")
	}
	if n := utf8.RuneCountInString(m.Text); strings.TrimSpace(m.Text) == "" || n > 1000 {
		wrong = append(wrong, "text")
	}
	if wrong != nil {
		writeJSON(w, http.StatusUnprocessableEntity, problem{"bad_request", wrong})
		return
	}
	m.Time = s.now().UTC()
	s.mu.Lock()
	known := s.smsByID[m.ID]
	var err error
	if known == nil {
		err = s.add(record{SMS: &m})
	}
	s.mu.Unlock()
	switch {
	case err != nil:
		writeJSON(w, http.StatusInternalServerError, problem{"not_kept", nil})
	case known != nil && (known.To != m.To || known.Text != m.Text):
		writeJSON(w, http.StatusConflict, problem{"id_used_for_another_message", nil})
	default:
		writeJSON(w, http.StatusAccepted, smsState{m.ID, "accepted"})
	}
}

type smsState struct {
	ID    string `json:"id"`
	State string `json:"state"`
}

// stateOfSMS is GET /sms/{id}.
func (s *Sandbox) stateOfSMS(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	m := s.smsByID[r.PathValue("id")]
	s.mu.Unlock()
	if m == nil {
		writeJSON(w, http.StatusNotFound, problem{"not_found", nil})
		return
	}
	writeJSON(w, http.StatusOK, smsState{m.ID, "delivered"})
}
