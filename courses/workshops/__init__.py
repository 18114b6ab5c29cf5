"""Classes in a hall: registration and waiting list, sign-in sheet, attendance, closing; and the paper classes of before."""
