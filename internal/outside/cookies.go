package outside

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"kabinet/internal/platform/web"
)

// uuid returns a random UUID (version 4), which ЕСИА wants as the state.
func uuid() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// tripCookie names the cookie of a trip: two windows may be on the way at once.
func tripCookie(state string) string {
	sum := sha256.Sum256([]byte(state))
	return "trip-" + hex.EncodeToString(sum[:6])
}

// remember gives the browser its trip to take along, sealed.
func (s *Service) remember(w http.ResponseWriter, t trip) error {
	data, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("remembering a trip: %w", err)
	}
	sealed := base64.RawURLEncoding.EncodeToString(s.keys.Seal("cookie", "trip", t.State, data))
	http.SetCookie(w, web.NewCookie(tripCookie(t.State), sealed, tripLife, s.secure))
	return nil
}

// recall returns the trip that this browser began with a state, and forgets it:
// an answer is taken once. It returns ErrOver.
func (s *Service) recall(w http.ResponseWriter, r *http.Request, provider, state string) (trip, error) {
	name := tripCookie(state)
	k, err := r.Cookie(web.CookieName(name, s.secure))
	if err != nil {
		return trip{}, ErrOver
	}
	http.SetCookie(w, web.NewCookie(name, "", -time.Second, s.secure))
	sealed, err := base64.RawURLEncoding.DecodeString(k.Value)
	if err != nil {
		return trip{}, ErrOver
	}
	data, err := s.keys.Open("cookie", "trip", state, sealed)
	if err != nil {
		return trip{}, ErrOver
	}
	var t trip
	if json.Unmarshal(data, &t) != nil || t.State != state || t.Provider != provider || !s.now().Before(t.Until) {
		return trip{}, ErrOver
	}
	return t, nil
}
