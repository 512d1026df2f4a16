package signature

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"kabinet/internal/platform/id"
)

// purpose is what a signature is asked for. One that was given for one thing
// serves for no other.
type purpose string

const (
	toEnter   purpose = "enter"   // sign-in and registration
	toBind    purpose = "bind"    // binding a certificate to the account
	toConfirm purpose = "confirm" // proving who the holder of the account is
	toPresent purpose = "present" // showing a certificate by TLS
)

// words are what the file to be signed says it is for. It reads the same in
// every language of the pages, since its bytes are what is signed.
var words = map[purpose]string{
	toEnter:   "вход в учётную запись или регистрация",
	toBind:    "привязка сертификата к учётной записи",
	toConfirm: "подтверждение личности",
}

// Terms of what is handed to browsers.
const (
	challengeLife = 5 * time.Minute
	ticketLife    = time.Minute
	newcomerLife  = time.Hour
	// skew is how far back the clock may step.
	skew = time.Minute
)

// challenge is what a person is asked to sign. It is kept by nobody: the form
// carries it sealed, and its answer is written down when it is right.
type challenge struct {
	ID      string    `json:"id"` // random
	Purpose purpose   `json:"purpose"`
	Account string    `json:"account,omitempty"` // whose session asked, "" for nobody's
	Browser []byte    `json:"browser"`           // hash of the browser's cookie
	Made    time.Time `json:"made"`
	Next    string    `json:"next,omitempty"` // path to go on to
}

// content is the file to be signed.
func (c challenge) content(portal string) []byte {
	return fmt.Appendf(nil, "Кабинет: файл для электронной подписи\nПортал: %s\nДля чего: %s\nСоздан: %s\nНомер: %s\n\nПодписывайте этот файл, только если сами скачали его на портале.\n",
		portal, words[c.Purpose], c.Made.UTC().Format(time.RFC3339), c.ID)
}

func (c challenge) alive(now time.Time, life time.Duration) bool {
	return now.Before(c.Made.Add(life)) && now.After(c.Made.Add(-skew))
}

func (s *Service) newChallenge(p purpose, account string, browser []byte, next string) challenge {
	return challenge{ID: id.Secret(), Purpose: p, Account: account, Browser: browser, Made: s.now().UTC().Truncate(time.Second), Next: next}
}

// sealToken makes what only this portal can read again.
func (s *Service) sealToken(kind string, v any) string {
	plain, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain structs
	}
	return base64.RawURLEncoding.EncodeToString(s.keys.Seal("signature", kind, "", plain))
}

func (s *Service) openToken(kind, token string, v any) bool {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimSpace(token))
	if err != nil {
		return false
	}
	plain, err := s.keys.Open("signature", kind, "", sealed)
	return err == nil && json.Unmarshal(plain, v) == nil
}

// openChallenge returns the challenge of a form, whoever sent it. It returns
// ErrChallenge.
func (s *Service) openChallenge(token string) (challenge, error) {
	var c challenge
	if !s.openToken("challenge", token, &c) || !c.alive(s.now(), challengeLife) {
		return c, ErrChallenge
	}
	return c, nil
}
