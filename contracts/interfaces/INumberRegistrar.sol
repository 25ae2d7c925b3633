// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title How a number gets its first owner
/// @notice Commit, wait, reveal: nobody who sees the reveal can be first. The commitment binds chain, contract, owner,
///         number, secret and the highest price; anyone may reveal and pay, only the bound owner gets the number.
interface INumberRegistrar {
    /// @notice This commitment stands already and has not expired.
    /// @param commitment The commitment.
    /// @param committedAt When it was made, in seconds since 1970.
    error AlreadyCommitted(bytes32 commitment, uint256 committedAt);

    /// @notice Nobody made this commitment, or it was revealed.
    /// @param commitment The commitment.
    error NotCommitted(bytes32 commitment);

    /// @notice The reveal comes too early.
    /// @param commitment The commitment.
    /// @param readyAt From when it may be revealed, in seconds since 1970.
    error CommitmentTooNew(bytes32 commitment, uint256 readyAt);

    /// @notice The reveal comes too late.
    /// @param commitment The commitment.
    /// @param expiredAt When it expired, in seconds since 1970.
    error CommitmentExpired(bytes32 commitment, uint256 expiredAt);

    /// @notice The price rose above what the buyer committed to.
    /// @param price What the number costs, in wei.
    /// @param maxPrice What the buyer committed to, in wei.
    error PriceAboveCeiling(uint256 price, uint256 maxPrice);

    /// @notice Less than the price was paid.
    /// @param price What the number costs, in wei.
    /// @param paid What was sent, in wei.
    error Underpaid(uint256 price, uint256 paid);

    /// @notice The payer did not accept what was paid above the price.
    /// @param payer The account that called.
    /// @param amount What should go back, in wei.
    error RefundFailed(address payer, uint256 amount);

    /// @notice The treasury did not accept the income.
    /// @param to The treasury.
    /// @param amount The income, in wei.
    error WithdrawalFailed(address to, uint256 amount);

    /// @notice Only the treasury may do this.
    /// @param caller The account that called.
    /// @param treasury The account that may.
    error NotTreasury(address caller, address treasury);

    /// @notice Only the proposed treasury may accept.
    /// @param caller The account that called.
    /// @param pending The account that was proposed; zero when none is.
    error NotPendingTreasury(address caller, address pending);

    /// @notice The treasury cannot be zero.
    error ZeroTreasury();

    /// @notice Prices stand for 5 to 10 digits; 10 stands for longer ones too.
    /// @param digits The number of digits that was given.
    error NoSuchPrice(uint8 digits);

    /// @notice The code allows no such price for that many digits.
    /// @param digits The number of digits.
    /// @param price The price that was given, in wei.
    /// @param cap The highest price that the code allows, in wei.
    error PriceAboveCap(uint8 digits, uint256 price, uint256 cap);

    /// @notice Not a number: fewer than 5 or more than 15 digits.
    /// @param number The integer that was given.
    error NotANumber(uint256 number);

    /// @notice A commitment was made; its age counts from this block.
    /// @dev A reader may assume that it stands until Registered names it or MAX_COMMIT_AGE is over. The same one may be
    ///      made again after that.
    /// @param commitment The commitment.
    event Committed(bytes32 indexed commitment);

    /// @notice `number` got its first owner, for `price` wei. `commitment` is revealed and stands no longer.
    /// @dev A reader may assume that this comes once for each number, and that the registry's Transfer from zero to
    ///      `owner` follows in the same transaction.
    /// @param number The number.
    /// @param owner The account that the commitment named, not necessarily the one that paid.
    /// @param price What was paid and kept, in wei.
    /// @param commitment The commitment.
    event Registered(uint256 indexed number, address indexed owner, uint256 price, bytes32 commitment);

    /// @notice Numbers of `digits` digits now cost `price` wei.
    /// @dev A reader may assume that the constructor sent one of these for each of 5 to 10 digits.
    /// @param digits 5 to 10; 10 stands for longer ones too.
    /// @param price The price, in wei; never above `priceCap(digits)`.
    event PriceChanged(uint8 indexed digits, uint256 price);

    /// @notice The income went to the treasury.
    /// @param to The treasury.
    /// @param amount The income, in wei: all that the contract held.
    event Withdrawn(address indexed to, uint256 amount);

    /// @notice `treasury` may accept to be the treasury.
    /// @dev A reader may assume that it replaces whoever was proposed before.
    /// @param treasury The account; zero takes a proposal back.
    event TreasuryProposed(address indexed treasury);

    /// @notice The treasury is another account now.
    /// @dev A reader may assume that the first of these comes from the constructor, with `previous` zero, and that
    ///      nobody is proposed after it.
    /// @param previous The account that was the treasury.
    /// @param treasury The account that is.
    event TreasuryChanged(address indexed previous, address indexed treasury);

    /// @notice Puts a hidden wish for a number on record.
    /// @dev Reverts with AlreadyCommitted.
    /// @param commitment What `makeCommitment` gives for it.
    function commit(bytes32 commitment) external;

    /// @notice Mints a number to the owner who committed to it MIN_COMMIT_AGE to MAX_COMMIT_AGE ago. What is paid
    ///         above the price goes back to the caller.
    /// @dev Reverts with NotANumber, PriceAboveCeiling, Underpaid, NotCommitted, CommitmentTooNew, CommitmentExpired,
    ///      RefundFailed, or what the registry's `mint` reverts with.
    /// @param number The number.
    /// @param owner The account that gets it.
    /// @param secret What made the commitment hard to guess.
    /// @param maxPrice The highest price that was committed to, in wei.
    function register(uint256 number, address owner, bytes32 secret, uint256 maxPrice) external payable;

    /// @notice Sets a price, no higher than its cap. The treasury's call.
    /// @dev Reverts with NotTreasury, NoSuchPrice or PriceAboveCap.
    /// @param digits 5 to 10; 10 stands for longer ones too.
    /// @param price The price, in wei.
    function setPrice(uint8 digits, uint256 price) external;

    /// @notice Sends the income to the treasury. Anyone's call.
    /// @dev Reverts with WithdrawalFailed.
    function withdraw() external;

    /// @notice Offers the office of treasury to another account. The treasury's call.
    /// @dev Reverts with NotTreasury.
    /// @param next The account; zero takes the offer back.
    function proposeTreasury(address next) external;

    /// @notice Takes the office over. The proposed account's call.
    /// @dev Reverts with NotPendingTreasury.
    function acceptTreasury() external;

    /// @notice Gives what to commit to.
    /// @dev A read, but not a private one: the RPC that serves it learns the number and the secret.
    /// @param number The number.
    /// @param owner The account that is to get it.
    /// @param secret 32 random bytes, or bytes that only the owner can derive.
    /// @param maxPrice The highest price that the owner agrees to, in wei.
    /// @return The commitment: a hash of chain, this contract and the arguments.
    function makeCommitment(uint256 number, address owner, bytes32 secret, uint256 maxPrice)
        external
        view
        returns (bytes32);

    /// @notice Says when a commitment was made.
    /// @param commitment The commitment.
    /// @return Seconds since 1970, or 0 when it was never made or was revealed. One that expired keeps its time.
    function committedAt(bytes32 commitment) external view returns (uint256);

    /// @notice Says what a number costs.
    /// @param number The number. Reverts with NotANumber when it is none.
    /// @return The price, in wei.
    function priceOf(uint256 number) external view returns (uint256);

    /// @notice Gives the highest price that the code allows for that many digits.
    /// @param digits 5 to 10. Reverts with NoSuchPrice for others.
    /// @return The cap, in wei.
    function priceCap(uint8 digits) external pure returns (uint256);

    /// @notice Says which account gets the income and sets prices.
    /// @return The treasury.
    function treasury() external view returns (address);

    /// @notice Says which account may become the treasury.
    /// @return The proposed account; zero when none is.
    function pendingTreasury() external view returns (address);
}
