package staff

import (
	"context"
	"errors"
	"net/http"

	"kabinet/internal/platform/web"
)

type memberKey struct{}

// Require is a guard of pages of the desk: it lets in members who have the
// role. Whoever is no member is told that there is no such page.
func (s *Service) Require(role Role) web.Guard {
	return func(h web.HandlerFunc) web.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) error {
			v := web.VisitOf(r.Context())
			if v.Account == "" {
				return web.ErrSignIn
			}
			if !v.Staff {
				return web.ErrNotFound
			}
			m, err := s.Member(r.Context(), v.Account)
			if errors.Is(err, ErrNoMember) {
				return web.ErrNotFound
			}
			if err != nil {
				return err
			}
			if !m.May(role) {
				return ErrRole
			}
			return h(w, r.WithContext(context.WithValue(r.Context(), memberKey{}, m)))
		}
	}
}

// MemberOf returns the member who asks, behind Require.
func MemberOf(r *http.Request) Member {
	m, _ := r.Context().Value(memberKey{}).(Member)
	return m
}
