-- user_key is the key of users.
SELECT user_key, COUNT(*) AS copies
FROM :"star_schema".users
GROUP BY user_key
HAVING COUNT(*) > 1
LIMIT 100;
