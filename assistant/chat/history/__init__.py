"""Conversations that are kept: stored, listed, resumed, downloaded."""
