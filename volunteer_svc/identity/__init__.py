"""Who somebody is and what he may do: sign-in, permissions, secret fields."""
