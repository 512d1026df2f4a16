package app

import (
	"context"

	"kabinet/internal/account"
)

// waysIn are the ways to sign in and to register of all features that joined
// a.ways.
func (a *App) waysIn(ctx context.Context) (list []account.WayIn) {
	for _, of := range a.ways {
		list = append(list, of(ctx)...)
	}
	return list
}

func (s Sessions) lives() account.Lives {
	return account.Lives{Idle: s.Idle, Citizen: s.Citizen, Staff: s.Staff, Alien: s.Alien}
}
